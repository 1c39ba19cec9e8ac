"""GPT-2, Radford et al. 2019, version 2: the published model, right and fast.

Parameters bear the names and have the shapes of the published weights, see `load_published`.
Against version 1: residual projections begin smaller, the head is the embedding, GELU by tanh,
decay for matrices only, warm-up and cosine, clipping; one product for queries, keys and values,
attention plain or fused by length, a cache, bfloat16, compilation.

Symbols: d_model the width, h heads, d_k = d_model / h, N layers, as in papers/transformer.
Shapes:  B batch, C context, T positions, S those looked at, H heads, K = d_k, D = d_model,
         V tokens.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Embedding, LayerNorm, Module, ModuleList, Parameter

from papers.adam.version2.model import AdamW, groups
from papers.bpe.version2 import model as bpe

EPSILON = 1e-5  # of the norms, in the published code
FUSED_FROM = 512  # positions: on a CPU the fused kernel pays from about here on
SCALED = ("attn.c_proj.weight", "mlp.c_proj.weight")  # what is added to the residual path


@dataclass(frozen=True)
class Config:  # defaults: Table 2, first row; Sec. 2.2 and 2.3; training as GPT-1
    merges: int | None = 50_000  # None: characters
    context: int = 1024
    d_model: int = 768
    heads: int = 12
    layers: int = 12
    std: float = 0.02  # of matrices at the start; GPT-1, model specifications
    dropout: float = 0.1
    batch: int = 512
    learning_rate: float = 2.5e-4
    warmup: int = 2000
    beta2: float = 0.999
    weight_decay: float = 0.01
    clip: float = 1.0  # ours: neither paper clips
    steps: int = 100_000  # the paper does not say
    compiled: bool = False

    def __post_init__(self):
        if self.d_model % self.heads:
            raise ValueError("d_model must be a multiple of heads")


def vocabulary(text, characters, config):
    """Byte pairs learned on the training text; without merges, its characters (Sec. 2.2)."""
    return bpe.train([text], 256 + config.merges) if config.merges else characters


class Projection(Module):
    """x W + b. The published weights stand as (in, out)."""

    def __init__(self, rows, columns):
        super().__init__()
        self.weight = Parameter(torch.empty(rows, columns))
        self.bias = Parameter(torch.empty(columns))

    def forward(self, x):
        return F.linear(x, self.weight.t(), self.bias)  # (B, T, D or 3 D or 4 D)


def gelu(x):
    """0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), as in the published code."""
    return F.gelu(x, approximate="tanh")


def attend(q, k, v, hidden):
    """softmax(q k^T / sqrt(d_k)) v: (B, H, T, K), twice (B, H, S, K) -> (B, H, T, K).

    `hidden` (T, S) is 0 where a position may look and -inf where it may not; None hides nothing.
    """
    scale = q.shape[-1] ** -0.5
    if q.device.type != "cpu" or k.shape[-2] >= FUSED_FROM:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=hidden, scale=scale)
    heads = q.shape[:2]
    q, k, v = (x.reshape(-1, *x.shape[-2:]) for x in (q, k, v))  # (B H, T, K), twice (B H, S, K)
    hidden = q.new_zeros(()) if hidden is None else hidden
    scores = torch.baddbmm(hidden, q, k.transpose(1, 2), alpha=scale)  # (B H, T, S)
    return torch.bmm(scores.softmax(-1), v).unflatten(0, heads)  # (B H, T, K) -> (B, H, T, K)


class Attention(Module):
    """Queries, keys and values from one product."""

    def __init__(self, config):
        super().__init__()
        d, self.heads = config.d_model, config.heads
        self.c_attn, self.c_proj = Projection(d, 3 * d), Projection(d, d)

    def forward(self, x, hidden, kept=None, start=0):
        """`x` (B, T, D); `kept` (B, H, C, K): keys and values, known up to `start`."""
        (b, t, d), end = x.shape, start + x.shape[1]
        # (B, H, T, K)
        q, k, v = self.c_attn(x).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if kept is not None:
            kept[0][:, :, start:end], kept[1][:, :, start:end] = k, v
            k, v = (x[:, :, :end] for x in kept)  # (B, H, S, K)
        y = attend(q, k, v, hidden)  # (B, H, T, K)
        return self.c_proj(y.transpose(1, 2).reshape(b, t, d))  # (B, T, D)


class MLP(Module):
    """gelu(x W_1 + b_1) W_2 + b_2, four times as wide inside."""

    def __init__(self, config):
        super().__init__()
        self.c_fc = Projection(config.d_model, 4 * config.d_model)
        self.c_proj = Projection(4 * config.d_model, config.d_model)

    def forward(self, x):
        return self.c_proj(gelu(self.c_fc(x)))


def residual(x, sublayer, norm, drop):
    """x + Sublayer(LayerNorm(x)) (Sec. 2.3): the norm stands at the sublayer's input."""
    return x + drop(sublayer(norm(x)))


class Block(Module):
    """Attention and the feed-forward network, each with its norm and its residual path."""

    def __init__(self, config):
        super().__init__()
        self.ln_1, self.ln_2 = (LayerNorm(config.d_model, EPSILON) for _ in range(2))
        self.attn, self.mlp, self.p = Attention(config), MLP(config), config.dropout

    def forward(self, x, hidden, kept=None, start=0):
        x = residual(x, lambda y: self.attn(y, hidden, kept, start), self.ln_1, self.drop)
        return residual(x, self.mlp, self.ln_2, self.drop)

    def drop(self, x):
        return F.dropout(x, self.p, self.training) if self.p else x


def barred(size):
    """0 on and below the diagonal, -inf above: no position sees a later one."""
    return torch.full((size, size), -math.inf).triu(1)


def initial_std(config):
    return config.std


def residual_std(config):
    """Sec. 2.3: 1 / sqrt(N) of the usual, N residual layers; each block has two."""
    return initial_std(config) / math.sqrt(2 * config.layers)


class GPT2(Module):
    """Token and position embeddings, blocks, the additional norm, the head."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config = config
        self.wte, self.wpe = (Embedding(n, config.d_model) for n in (symbols, config.context))
        self.h = ModuleList([Block(config) for _ in range(config.layers)])
        self.ln_f = LayerNorm(config.d_model, EPSILON)
        self.register_buffer("hidden", barred(config.context), persistent=False)
        self.initialise()

    def initialise(self):
        """Normal matrices, smaller on residual paths and (as published) of positions; biases 0."""
        for name, p in self.named_parameters():
            if p.dim() > 1:
                half = 0.5 if name == "wpe.weight" else 1
                torch.nn.init.normal_(p, std=half * initial_std(self.config))
            elif name.endswith("bias"):
                torch.nn.init.zeros_(p)
        for name, p in self.named_parameters():
            if name.endswith(SCALED):
                torch.nn.init.normal_(p, std=residual_std(self.config))

    def head(self):  # -> (V, D): the token embedding once more, as in the published code
        return self.wte.weight

    def forward(self, tokens, state=None):
        """Scores (B, T, V) of what follows each of `tokens` (B, T); writes the cache `state`."""
        start = 0 if state is None else state["tokens"].shape[1]
        end = start + tokens.shape[1]
        x = F.embedding(tokens, self.wte.weight) + self.wpe.weight[start:end]  # (B, T, D)
        x = F.dropout(x, self.config.dropout, self.training)
        hidden = None if end - start == 1 else self.hidden[start:end, :end]  # (T, S)
        for n, block in enumerate(self.h):
            x = block(x, hidden, state and (state[f"key.{n}"], state[f"value.{n}"]), start)
        if state is not None:
            state["tokens"] = torch.cat([state["tokens"], tokens], 1)
        return F.linear(self.ln_f(x), self.head())

    def begin(self, tokens):
        """An empty cache for `tokens`' batch. All its tensors have the batch first."""
        c = self.config
        shape = (len(tokens), c.heads, c.context, c.d_model // c.heads)
        names = [f"{kind}.{n}" for n in range(c.layers) for kind in ("key", "value")]
        return {"tokens": tokens[:, :0], **{n: self.wte.weight.new_zeros(shape) for n in names}}

    def read(self, tokens, state=None):
        """Scores (B, T, V) after each of `tokens`, which follow those read into `state`.

        The state is written in place: to go on from it twice, copy its tensors. Where the window
        is full, its last half is read anew, because learned positions cannot move.
        """
        state, found = dict(state) if state else self.begin(tokens), []
        context = self.config.context
        while tokens.shape[1]:
            if state["tokens"].shape[1] == context:
                half = state["tokens"][:, context - context // 2 :]
                state["tokens"] = half[:, :0]
                if half.shape[1]:
                    self(half, state)
            fitting = tokens[:, : context - state["tokens"].shape[1]]
            found.append(self(fitting, state))
            tokens = tokens[:, fitting.shape[1] :]
        return torch.cat(found, 1), state


def load_published(weights, heads=None):
    """A GPT2 with published weights: {name: tensor}, with or without "transformer." before names,
    in evaluation mode. `heads` is not in the weights: known for the published widths alone.
    ValueError for strange or missing names, wrong shapes, a head that is not tied."""
    named = {name.removeprefix("transformer."): w for name, w in weights.items()}
    named = {n: w for n, w in named.items() if not n.endswith((".attn.bias", ".attn.masked_bias"))}
    head = named.pop("lm_head.weight", None)
    for name in ("wte.weight", "wpe.weight"):
        if name not in named or named[name].dim() != 2:
            raise ValueError(f"these are no GPT-2 weights: {name} is missing or no matrix")
    if head is not None and not torch.equal(head, named["wte.weight"]):
        raise ValueError("lm_head.weight is not wte.weight: GPT-2's head is tied")
    (symbols, d), context = named["wte.weight"].shape, len(named["wpe.weight"])
    layers = len({name.split(".")[1] for name in named if name.startswith("h.")})
    if not heads and d not in (768, 1024, 1280, 1600):  # Table 2: 64 components per head
        raise ValueError(f"weights do not tell the number of heads: give it (d_model is {d})")
    config = Config(d_model=d, layers=layers, context=context, heads=heads or d // 64)
    with torch.device("meta"):
        wanted = {name: p.shape for name, p in GPT2(config, symbols).named_parameters()}
    if strange := sorted(wanted.keys() ^ named.keys()):
        raise ValueError(f"missing or strange: {', '.join(strange[:3])}")
    for name, shape in wanted.items():
        if named[name].shape != shape:
            raise ValueError(f"{name} must be {tuple(shape)}, not {tuple(named[name].shape)}")
    net = GPT2(config, symbols)
    net.load_state_dict(named)
    return net.eval()


def loss(scores, targets):
    """Cross-entropy in nats per token."""
    return F.cross_entropy(scores.float().flatten(0, 1), targets.flatten())


def batch(tokens, config, seed, i):
    """The i-th inputs and targets (B, T). Each pass cuts the text into windows at an offset of
    its own and reads each window at most once, in an order of its own."""
    passed, place = divmod(i, max(1, len(tokens) // config.context // config.batch - 1))
    rng = torch.Generator().manual_seed(seed * 1_000_003 + passed)
    offset = int(
        torch.randint(min(config.context, len(tokens) - config.context), (), generator=rng)
    )
    order = torch.randperm((len(tokens) - 1 - offset) // config.context, generator=rng)
    chosen = order[(place * config.batch + torch.arange(config.batch)) % len(order)]
    starts = offset + chosen * config.context
    rows = tokens[(starts[:, None] + torch.arange(config.context + 1)).to(tokens.device)]
    return rows[:, :-1], rows[:, 1:]


def learning_rate(i, config):
    """Up linearly in `warmup` steps, then down to zero along a cosine (GPT-1)."""
    if i < config.warmup:
        return config.learning_rate * (i + 1) / config.warmup
    done = (i - config.warmup) / max(1, config.steps - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


class Learner:
    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.forward = torch.compile(net) if config.compiled else net
        named = zip((name for name, _ in net.named_parameters()), masters.masters)
        self.optimizer = AdamW(groups(named, config.weight_decay), betas=(0.9, config.beta2))

    def step(self, tokens, i):
        """Learn from the i-th batch; its loss in nats per token."""
        if self.config.dropout:
            torch.manual_seed(self.seed * 1_000_003 + i)  # the same after a restart
        inputs, targets = batch(tokens, self.config, self.seed, i)
        value = loss(self.forward(inputs), targets)
        value.backward()
        self.masters.take_gradients()
        torch.nn.utils.clip_grad_norm_(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
