"""Attention, Luong, Pham and Manning 2015 (arXiv:1508.04025), version 2: the paper, right and fast.

A stacking LSTM reads the source from its last word to its first, another writes the target. At each
step the writer's top state h_t asks the reader's top states where to look (Sec. 3.1): `score` says
how, `window` how far around which place (Sec. 3.2). What it says, h~_t, is fed to the next step
(Sec. 3.3). Whatever does not depend on the step is computed once, before the loop over steps; without
input feeding there is no loop. Against version 1: padding is neither read nor looked at, scores and
attentional states are squashed, the place of local-p is a real number, Adam.

Symbols: h_t, h~_t target states, h_s source states, a_t weights, c_t context, p_t the place,
         D half the window, sigma = D / 2; W_a, v_a, W_c, W_p, v_p, W_s the matrices of the paper.
Shapes:  B sentences, S source, T target tokens, V tokens of the vocabulary, H cells of a layer,
         I what a layer reads, M longest sentence of the score "location".
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.autograd.function import Function, once_differentiable
from torch.nn import Module, ModuleList, Parameter

from papers.lstm.version2.model import Layer, Recurrence

PAD = 0  # the token that fills up short sentences
SCORES = ("dot", "general", "concat", "location")  # Eq. 7, 8
WINDOWS = ("global", "local-m", "local-p")
LONGEST = 50  # source words that "location" can tell apart; later ones it ignores (footnote 6)
SHUT = -1e4  # added to what opens an input gate


@dataclass(frozen=True)
class Config:  # defaults: Sec. 4.1 and the best row of Table 4; batch and rate are ours
    hidden: int = 1000  # cells of a layer, and numbers of an embedding
    layers: int = 4
    score: str = "general"
    window: str = "local-p"
    span: int = 10  # D
    feed: bool = True  # h~_t is an input of step t + 1 (Sec. 3.3)
    dropout: float = 0.2
    clip: float = 5.0
    rate: float = 1e-3  # of Adam, at its peak
    warmup: int = 400
    batch: int = 4_000  # tokens on either side, padding included
    steps: int = 100_000

    def __post_init__(self):
        if self.score not in SCORES or self.window not in WINDOWS or self.span < 1:
            raise ValueError(f"score of {SCORES}, window of {WINDOWS}, span of at least 1")


def matrix(rows, columns):
    return Parameter(torch.empty(rows, columns).normal_(std=rows**-0.5))


class Cell(Function):
    """One step of an LSTM: z (B, 4 H), c (B, H) -> h, c (B, H); gates as in papers/lstm: o, i, f, g.
    The gradient is by hand, since a loop of small steps spends most of its time between them."""

    @staticmethod
    def forward(ctx, z, c):
        hidden = c.shape[1]
        gates = torch.cat([z[:, : 3 * hidden].sigmoid(), z[:, 3 * hidden :].tanh()], 1)  # (B, 4 H)
        o, i, f, g = gates.chunk(4, 1)
        new = torch.addcmul(f * c, i, g)
        squashed = new.tanh()
        ctx.save_for_backward(gates, c, squashed)
        return o * squashed, new

    @staticmethod
    @once_differentiable
    def backward(ctx, dh, dc):
        gates, c, squashed = ctx.saved_tensors
        o, i, f, g = gates.chunk(4, 1)
        dc = torch.addcmul(dc, dh * o, 1 - squashed * squashed)
        d = torch.cat([dh * squashed, dc * g, dc * c, dc * i], 1)  # (B, 4 H)
        slopes = torch.addcmul(gates, gates, gates, value=-1)  # (B, 4 H)
        torch.addcmul(torch.ones_like(g), g, g, value=-1, out=slopes[:, 3 * g.shape[1] :])
        return d * slopes, dc * f


def read(layer, x, absent):
    """Outputs (B, T, H) and last h, c (B, H) of a layer over `x` (B, T, I) from a state of zeros.

    Where `absent` (B, T) is 1 the input gate is shut: before the first word the state stays zero.
    """
    w_x, w_h, b = layer.weights()
    shut = torch.zeros_like(b).view(4, -1)
    shut[1] = SHUT
    w_x = torch.cat([w_x, shut.view(-1, 1)], 1)
    x = torch.cat([x, absent[..., None].to(x.dtype)], 2).permute(1, 2, 0)
    none = x.new_zeros(w_h.shape[1], x.shape[2])
    outputs, c = Recurrence.apply(x, w_x, w_h, b, none, none)
    return outputs.permute(2, 0, 1), outputs[-1].t(), c.t()


def squash(x):  # of Eq. 5 and of the score "concat"
    return x.tanh()


def predicted(lengths, share):
    """p_t = S sigmoid(...) (Eq. 9), a real number: `lengths` (B,), `share` (B, T) -> (B, T)."""
    return lengths[:, None] * share


def padded(source):  # (B, S) -> (B, S): what no weight may go to
    return source == PAD


class Attention(Module):
    """Weights over the source states (Eq. 7 to 10), and h~_t of them and h_t (Eq. 5)."""

    def __init__(self, config):
        super().__init__()
        h, self.score, self.window = config.hidden, config.score, config.window
        self.span = config.span
        self.w_c = matrix(2 * h, h)
        if self.score == "general":
            self.w_a = matrix(h, h)
        elif self.score == "concat":
            self.w_a, self.v_a = matrix(2 * h, h), Parameter(torch.empty(h).normal_(std=h**-0.5))
        elif self.score == "location":
            self.w_a = matrix(h, LONGEST)
        if self.window == "local-p":
            self.w_p, self.v_p = matrix(h, h), Parameter(torch.empty(h).normal_(std=h**-0.5))

    def remember(self, states, source):
        """What all steps need of the source's `states` (B, S, H) and of `source` (B, S)."""
        keys, h = states, states.shape[2]
        if self.score == "general":
            keys = states @ self.w_a.t()  # (B, S, H): h_t (W_a h_s)
        elif self.score == "concat":
            keys = states @ self.w_a[h:]  # (B, S, H): the half of W_a [h_t; h_s] that stays
        absent = padded(source)
        values = states @ self.w_c[:h]  # (B, S, H): a sum of these is W_c times c_t
        return {"keys": keys, "values": values, "absent": absent, "lengths": (~absent).sum(1)}

    def scores(self, h, memory):  # (B, T, H) -> (B, T, S)
        keys = memory["keys"]
        if self.score == "concat":
            asked = h @ self.w_a[: h.shape[2]]  # (B, T, H)
            return squash(asked[:, :, None] + keys[:, None]) @ self.v_a
        if self.score == "location":
            found, words = h @ self.w_a, keys.shape[1]  # (B, T, M)
            return F.pad(found, (0, max(0, words - LONGEST)), value=-math.inf)[..., :words]
        return h @ keys.transpose(1, 2)

    def place(self, h, lengths, t):
        """p_t (B, T), counted from 1, at steps `t` (T,); a target that is longer than its source
        stays with its last word, so that no window is empty."""
        if self.window == "local-m":
            return torch.minimum(t, lengths[:, None])
        return predicted(lengths, ((h @ self.w_p).tanh() @ self.v_p).sigmoid())

    def weights(self, h, memory, t):
        """a_t (B, T, S) as states `h` (B, T, H) ask at steps `t` (T,)."""
        scores, hidden = self.scores(h, memory), memory["absent"][:, None]
        if self.window == "global":
            return scores.masked_fill(hidden, -math.inf).softmax(-1)
        s = torch.arange(1, scores.shape[2] + 1, device=h.device)
        away = s - self.place(h, memory["lengths"], t)[..., None]  # (B, T, S)
        a = scores.masked_fill(hidden | (away.abs() > self.span), -math.inf).softmax(-1)
        if self.window == "local-m":
            return a
        return a * torch.exp(-2 * (away / self.span) ** 2).to(a.dtype)  # Eq. 10, sigma = D / 2

    def forward(self, h, memory, t):
        """h~_t (B, T, H) and a_t (B, T, S) of `h` (B, T, H) at steps `t` (T,)."""
        a = self.weights(h, memory, t)
        w_h = self.w_c[h.shape[2] :]  # (H, H)
        return squash(a @ memory["values"] + h @ w_h), a  # Eq. 5


def fed(config):
    return config.feed


class Luong(Module):
    """The reader, the writer, and what stands between them (Fig. 2 to 4)."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config, h = config, config.hidden
        self.source, self.target = (Parameter(torch.randn(symbols, h)) for _ in range(2))
        self.encoder = ModuleList([Layer(h, h) for _ in range(config.layers)])
        reads = [2 * h if fed(config) else h] + [h] * (config.layers - 1)  # footnote 11
        self.decoder = ModuleList([Layer(n, h) for n in reads])
        self.attention = Attention(config)
        self.w_s = matrix(h, symbols)

    def drop(self, x):
        p = self.config.dropout
        return F.dropout(x, p, self.training) if p else x

    def start(self, source):
        """What the writer begins with, after `source` (B, S): its cache."""
        # Turned round, padding comes first, where it changes nothing.
        turned = source.flip(1)
        x, state = self.drop(F.embedding(turned, self.source)), {}  # (B, S, H): x
        for n, layer in enumerate(self.encoder):
            x, state["h", n], state["c", n] = read(layer, x, padded(turned))
            x = self.drop(x)
        cache = self.attention.remember(x.flip(1), source) | state
        return cache | {"fed": torch.zeros_like(state["h", 0])}

    def words(self, inputs):
        """What the first layer gets of words (B, T), for all steps in one product: (B, T, 4 H)."""
        first, h = self.decoder[0], self.config.hidden
        return self.drop(F.embedding(inputs, self.target)) @ first.w_x[:, :h].t() + first.b

    def joined(self):
        """For each layer one matrix (., 4 H) for what a step reads below and in its own state."""
        h, feeds = self.config.hidden, fed(self.config)
        below = [layer.w_x[:, h:] if n == 0 else layer.w_x for n, layer in enumerate(self.decoder)]
        own = [layer.w_h for layer in self.decoder]
        both = [torch.cat(pair, 1).t() for pair in zip(below, own)]
        return both if feeds else [own[0].t(), *both[1:]]

    def advance(self, cache, z, matrices, t):
        """One step: `z` (B, 4 H) of its word -> h~ (B, H), a (B, S). The cache is kept up."""
        below = cache["fed"] if fed(self.config) else None
        now = {}
        for n, w in enumerate(matrices):
            own = cache["h", n]
            seen = own if below is None else torch.cat([below, own], 1)
            z = torch.addmm(self.decoder[n].b if n else z, seen, w)
            now["h", n], now["c", n] = Cell.apply(z, cache["c", n])
            below = self.drop(now["h", n])
        step = torch.full((1,), t, device=z.device)
        h, a = self.attention(below[:, None], cache, step)
        cache |= now | {"fed": h[:, 0]}
        return h[:, 0], a[:, 0]

    def write(self, source, inputs):
        """h~_t (B, T, H) and a_t (B, T, S) after each of `inputs` (B, T)."""
        cache, z = self.start(source), self.words(inputs)
        if not fed(self.config):
            return self.at_once(cache, inputs)
        matrices = self.joined()
        steps = [self.advance(cache, z, matrices, t) for t, z in enumerate(z.unbind(1), 1)]
        return tuple(torch.stack(found, 1) for found in zip(*steps))

    def at_once(self, cache, inputs):
        """The same where nothing is fed: layer by layer, then all weights in one product."""
        x = self.drop(F.embedding(inputs, self.target))  # (B, T, H)
        for n, layer in enumerate(self.decoder):
            x, _ = layer(x, torch.stack([cache["h", n], cache["c", n]], 1))
            x = self.drop(x)
        return self.attention(x, cache, torch.arange(1, x.shape[1] + 1, device=x.device))

    def scores(self, source, inputs):
        """Scores (B, T, V) of the token after each of `inputs` (B, T), given `source` (B, S)."""
        return self.drop(self.write(source, inputs)[0]) @ self.w_s  # Eq. 6

    def step(self, cache, prefix):
        """Scores (B, V) after the last token of `prefix` (B, T); the rest is in the cache."""
        z = self.words(prefix[:, -1:])[:, 0]
        return self.drop(self.advance(cache, z, self.joined(), prefix.shape[1])[0]) @ self.w_s


def loss(scores, targets):
    """Cross-entropy (Eq. 4) in nats per token that is no padding."""
    flat, wanted = scores.float().flatten(0, 1), targets.flatten()
    return F.cross_entropy(flat, wanted, ignore_index=PAD)


def learning_rate(step, config):
    """Up linearly in `warmup` steps, then down linearly to zero; step from 1."""
    left = (config.steps + 1 - step) / max(1, config.steps - config.warmup)
    return config.rate * min(step / config.warmup, left, 1.0)


class Learner:
    """One step after the other: Adam, the gradient clipped by its norm."""

    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.optimizer = torch.optim.Adam(masters.masters, fused=True)

    def step(self, source, target, i):
        """Learn from the i-th `source` (B, S), `target` (B, T + 1); its loss in nats per token."""
        torch.manual_seed(self.seed * 1_000_003 + i)  # of dropout: the same after a restart
        value = loss(self.net.scores(source, target[:, :-1]), target[:, 1:])
        value.backward()
        self.masters.take_gradients()
        torch.nn.utils.clip_grad_norm_(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i + 1, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
