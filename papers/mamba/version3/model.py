"""Mamba, Gu and Dao 2023, version 3: the scan of Sec. 3.3.2, which keeps its states in cache.

Against version 2: where there is a compiler, train.py has kernel.py built, which scans in one pass
over memory; no state is written but one in 32, and backward computes the others again. Elsewhere,
and for other numbers than float32, version 2's scan does the same, slower.

Symbols: x_t, h_t, A, B, C, Delta as in Sec. 2; D what is passed by; z the gate (Fig. 3).
Shapes:  B batch, T tokens, D width, E channels, N states of a channel, R rank of Delta, W taps of
         the convolution, V symbols, L layers, J pieces of the sequence, K tokens of a piece.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.autograd.function import Function, once_differentiable
from torch.nn import Conv1d, Embedding, Linear, Module, ModuleList, Parameter, RMSNorm

from papers.adam.version2.model import AdamW
from papers.gpt2.version2.model import learning_rate, loss


@dataclass(frozen=True)
class Config:  # defaults: the 130 million of Sec. 4.2 and App. E.2
    d_model: int = 768
    layers: int = 24
    expand: int = 2  # E = 2 D
    states: int = 16
    taps: int = 4
    rank: int | None = None  # None: D / 16, rounded up, as published
    embedding_std: float = 0.02  # at the start, in the published code
    delta_min: float = 0.001  # Sec. 3.6
    delta_max: float = 0.1
    dropout: float = 0.0  # of what a block adds; ours, for a small corpus: the paper has none
    sequence: int = 2048
    batch: int = 256
    learning_rate: float = 3e-3
    warmup: int = 480
    beta2: float = 0.95
    weight_decay: float = 0.1
    clip: float = 1.0
    steps: int = 4800  # the rate falls to zero, where App. E.2 ends at 1e-5


FUSED = None  # the functions of kernel.py, once train.py has had them built
PIECE, GROUP = 32, 128  # tokens of a piece and channels of a group: as much as caches hold


def scan(a, b, h):
    """h_t = a_t h_(t-1) + b_t: twice (B, T, N, E), (B, N, E) -> (B, T, N, E).

    In about 2 sqrt(T) steps: first within pieces, all of them side by side, as if each began at
    zero; then from piece to piece. Only products of a's are formed, each at most 1: nothing can
    overflow, as quotients of cumulative products do."""
    tokens, size = a.shape[1], math.isqrt(a.shape[1] - 1) + 1
    missing = (0, 0, 0, 0, 0, -tokens % size)
    a, b = F.pad(a, missing), F.pad(b, missing)
    decays = a.unflatten(1, (-1, size)).clone()  # (B, J, K, N, E)
    states = b.unflatten(1, (-1, size)).clone()  # (B, J, K, N, E)
    for k in range(1, size):
        states[:, :, k].addcmul_(decays[:, :, k], states[:, :, k - 1])  # (B, J, N, E)
        decays[:, :, k].mul_(decays[:, :, k - 1])  # (B, J, N, E): over the piece so far
    for decay, found in zip(decays.unbind(1), states.unbind(1)):
        found.addcmul_(decay, h[:, None])  # (B, 1, N, E): what was there before the piece
        h = found[:, -1]
    return states.flatten(1, 2)[:, :tokens]


class Recurrence(Function):
    """`scan` with its gradient, which is a scan backwards: g_t = d_t + a_(t+1) g_(t+1)."""

    @staticmethod
    def forward(ctx, a, b, h):
        states = scan(a, b, h)
        ctx.save_for_backward(a, states, h)
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx, d):
        a, states, h = ctx.saved_tensors
        later = torch.cat([a[:, 1:], torch.zeros_like(a[:, :1])], 1)  # (B, T, N, E)
        g = scan(later.flip(1), d.flip(1), torch.zeros_like(h)).flip(1)  # (B, T, N, E)
        before = torch.cat([h[:, None], states[:, :-1]], 1)  # (B, T, N, E)
        return g * before, g, a[:, 0] * g[:, 0]


def plain_scan(x, delta, a, b, c, h):
    """What `selective_scan` gives, with all states written out."""
    decay = (delta[:, :, None] * a).exp()  # (B, T, N, E)
    added = (delta * x)[:, :, None] * b[..., None]  # (B, T, N, E)
    states = Recurrence.apply(decay, added, h)
    y = c[:, :, None] @ states  # (B, T, 1, E)
    return y[:, :, 0], states[:, -1]


class Fused(Function):
    """`plain_scan` and its gradient as calls of kernel.py, for float32 on the CPU."""

    @staticmethod
    def forward(ctx, *given):
        x, _, a, _, _, h = given = [value.contiguous() for value in given]
        (batch, tokens, channels), states = x.shape, len(a)
        pieces = -(-tokens // PIECE) if any(ctx.needs_input_grad) else 0
        begins = x.new_empty(batch, pieces, states, channels)
        y, last = torch.empty_like(x), torch.empty_like(h)
        sizes = batch, tokens, channels, states, pieces, PIECE
        FUSED.forward(*given, y, begins, last, *sizes, torch.get_num_threads())
        ctx.save_for_backward(*given[:5], begins)
        return y, last

    @staticmethod
    @once_differentiable
    def backward(ctx, dy, dlast):
        *given, begins = ctx.saved_tensors
        x, b, d = given[0], given[3], (dy.contiguous(), dlast.contiguous())
        (batch, pieces, states, channels), groups = begins.shape, -(-x.shape[2] // GROUP)
        dx, ddelta = torch.empty_like(x), torch.empty_like(x)
        da, dh = (x.new_empty(batch, states, channels) for _ in range(2))
        db, dc = (x.new_empty(groups, *b.shape) for _ in range(2))
        sizes = batch, x.shape[1], channels, states, pieces, PIECE, groups, GROUP
        found = dx, ddelta, da, db, dc, dh
        FUSED.backward(*given, begins, *d, *found, *sizes, torch.get_num_threads())
        return dx, ddelta, da.sum(0), db.sum(0), dc.sum(0), dh


def selective_scan(x, delta, a, b, c, h):
    """y_t = C_t h_t with h_t = exp(Delta_t A) h_(t-1) + Delta_t B_t x_t (Eq. 2, Alg. 2).

    `x` (B, T, E), `delta` (B, T, E), `a` (N, E), `b` (B, T, N), `c` (B, T, N), `h` (B, N, E); y
    (B, T, E) and the last state (B, N, E). A is discretised by zero-order hold (Eq. 4), B by
    Euler's rule, as in the published code."""
    built = FUSED is not None and x.dtype == torch.float32 and x.device.type == "cpu"
    return (Fused.apply if built else plain_scan)(x, delta, a, b, c, h)


def precisely(scanned, x, *rest):
    """A scan in float32 at least: small steps would be lost in bfloat16."""
    kind = torch.promote_types(x.dtype, torch.float32)
    y, h = scanned(x.to(kind), *(given.to(kind) for given in rest))
    return y.to(x.dtype), h


class Mixer(Module):
    """The selective state space model between two projections (Fig. 3, right)."""

    def __init__(self, config):
        super().__init__()
        d, self.config, n = config.d_model, config, config.states
        e, self.rank = config.expand * d, config.rank or math.ceil(d / 16)
        self.in_proj = Linear(d, 2 * e, bias=False)
        self.conv1d = Conv1d(e, e, config.taps, groups=e)
        self.x_proj = Linear(e, self.rank + 2 * n, bias=False)
        self.dt_proj = Linear(self.rank, e)
        self.A_log, self.D = Parameter(torch.empty(e, n)), Parameter(torch.empty(e))
        self.out_proj = Linear(e, d, bias=False)

    def initialise(self):
        """A = -(n + 1), the real S4D, and Delta in its interval (Sec. 3.6), evenly in its log."""
        config, (e, n) = self.config, self.A_log.shape
        with torch.no_grad():
            self.A_log.copy_(torch.arange(1, n + 1).log().expand(e, n))
            self.D.fill_(1.0)
            torch.nn.init.uniform_(self.dt_proj.weight, -(self.rank**-0.5), self.rank**-0.5)
            low, high = math.log(config.delta_min), math.log(config.delta_max)
            delta = (torch.rand(e) * (high - low) + low).exp()
            self.dt_proj.bias.copy_(delta + (-(-delta).expm1()).log())  # softplus, backwards
            # As in GPT-2, and in the published code: what is added to x begins smaller.
            self.out_proj.weight.div_(math.sqrt(config.layers))

    def convolve(self, x, kept):
        """Each channel over its last W values: `x` (B, T, E), `kept` (B, W - 1, E) before it."""
        x = torch.cat([kept, x], 1)
        taps, tokens = self.conv1d.weight[:, 0].t(), x.shape[1] - kept.shape[1]
        y = self.conv1d.bias + x[:, :tokens] * taps[0]  # (B, T, E)
        for w in range(1, len(taps)):
            y = torch.addcmul(y, x[:, w : w + tokens], taps[w])  # (B, T, E)
        return y, x[:, tokens:]

    def select(self, x):
        """Delta (B, T, E), B and C (B, T, N) of each token in `x` (B, T, E) (Alg. 2)."""
        n = self.config.states
        delta, b, c = self.x_proj(x).split([self.rank, n, n], -1)
        return F.softplus(self.dt_proj(delta)), b, c

    def forward(self, x, state):
        """`x` (B, T, D) after `state` (B, W - 1 + N, E): what the convolution needs, and h."""
        x, z = self.in_proj(x).chunk(2, -1)  # (B, T, E)
        kept, h = state.split([self.config.taps - 1, self.config.states], 1)
        x, kept = self.convolve(x, kept.to(x.dtype))
        x = F.silu(x)
        delta, b, c = self.select(x)
        y, h = precisely(selective_scan, x, delta, -self.A_log.float().exp().t(), b, c, h)
        y = torch.addcmul(y, self.D, x) * F.silu(z)  # (B, T, E)
        return self.out_proj(y), torch.cat([kept.to(h.dtype), h], 1)


class Block(Module):
    """x + Mixer(RMSNorm(x))."""

    def __init__(self, config):
        super().__init__()
        self.norm, self.mixer, self.p = RMSNorm(config.d_model, 1e-5), Mixer(config), config.dropout

    def forward(self, x, state):
        y, state = self.mixer(self.norm(x), state)
        return x + F.dropout(y, self.p, self.training), state


class Mamba(Module):
    """Embedding, blocks, a last norm, and scores by the embedding once more."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config = config
        self.embedding = Embedding(symbols, config.d_model)
        self.layers = ModuleList([Block(config) for _ in range(config.layers)])
        self.norm_f = RMSNorm(config.d_model, 1e-5)
        self.initialise()

    def initialise(self):
        """As published: a normal embedding, torch's own linear layers, the mixers as they say."""
        torch.nn.init.normal_(self.embedding.weight, std=self.config.embedding_std)
        for block in self.layers:
            block.mixer.initialise()

    def begin(self, batch):
        """The state before any text, in float32: (B, L, W - 1 + N, E)."""
        c = self.config
        shape = batch, c.layers, c.taps - 1 + c.states, c.expand * c.d_model
        return torch.zeros(shape, device=self.norm_f.weight.device)

    def forward(self, tokens, state=None):
        """Scores (B, T, V) after `tokens` (B, T) from `state` (B, L, W - 1 + N, E); the new one."""
        state = self.begin(len(tokens)) if state is None else state
        x, ended = self.embedding(tokens), []  # (B, T, D)
        for block, before in zip(self.layers, state.unbind(1), strict=True):
            x, after = block(x, before)
            ended.append(after)
        return F.linear(self.norm_f(x), self.embedding.weight), torch.stack(ended, 1)

    def published(self, weights):
        """Take published weights {name: tensor}, of state-spaces or transformers, and return self.

        ValueError for missing or strange names and for a head that is not the embedding."""
        own = {name.removeprefix("backbone."): w for name, w in weights.items()}
        own = {name.replace("embeddings.", "embedding."): w for name, w in own.items()}
        head = own.pop("lm_head.weight", own.get("embedding.weight"))
        if strange := sorted(own.keys() ^ self.state_dict().keys()):
            raise ValueError(f"missing or strange: {', '.join(strange[:3])}")
        if not torch.equal(head, own["embedding.weight"]):
            raise ValueError("lm_head.weight is not the embedding: Mamba's head is tied")
        self.load_state_dict(own)
        return self


def chunk(tokens, config, i):
    """The i-th inputs and targets (B, T) of B streams cut side by side, and if they begin anew."""
    length = len(tokens) // config.batch
    rows = tokens[: length * config.batch].unfold(0, length, length)
    start = i % ((length - 1) // config.sequence) * config.sequence
    piece = rows[:, start : start + config.sequence + 1]  # (B, T + 1)
    return piece[:, :-1], piece[:, 1:], start == 0


def groups(named, weight_decay):
    """Matrices decay; vectors do not, and A_log does not, though it has two dimensions: its decay
    would draw every A to -1, and so all memories to one length."""
    split = {weight_decay: [], 0.0: []}
    for name, p in named:
        split[weight_decay if p.dim() > 1 and not name.endswith("A_log") else 0.0].append(p)
    return [{"params": params, "weight_decay": decay} for decay, params in split.items()]


class Learner:
    """Streams of text side by side, each read on from the state where its last chunk ended."""

    def __init__(self, config, net, masters, seed=0):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        named = zip((name for name, _ in net.named_parameters()), masters.masters)
        self.optimizer = AdamW(groups(named, config.weight_decay), betas=(0.9, config.beta2))
        self.carried = {"state": net.begin(config.batch)}

    def step(self, tokens, i):
        """Learn from the i-th chunk; its loss in nats per token."""
        torch.manual_seed(self.seed * 1_000_003 + i)  # of dropout: the same after a restart
        inputs, targets, anew = chunk(tokens, self.config, i)
        scores, state = self.net(inputs, None if anew else self.carried["state"])
        self.carried["state"] = state.detach()  # no gradient goes back beyond the chunk
        value = loss(scores, targets)
        value.backward()
        self.masters.take_gradients()
        torch.nn.utils.clip_grad_norm_(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
