"""Attention, Luong, Pham and Manning 2015 (arXiv:1508.04025), version 2: the paper, right and fast.

The encoder of papers/seq2seq reads the source backwards, a stacking LSTM writes the target. At each
step the writer's top state h_t asks the encoder's top states where to look (Sec. 3.1): `score` says
how, `window` how far around which place (Sec. 3.2). What comes of it, h~_t, is fed to the next step
(Sec. 3.3). Whatever does not depend on the step is computed once, before the loop over steps;
without input feeding there is no loop. Against version 1: padding is neither read nor looked at,
no window reaches beyond the sentence, concat and h~_t are squashed, h~_t is fed, the place of
local-p is a real number, Adam.

Symbols: h_t, h~_t target states, h_s source states, a_t weights, c_t context, p_t the place,
         D half the window, sigma = D / 2; W_a, v_a, W_c, W_p, v_p, W_s the matrices of the paper.
Shapes:  B sentences, S source, T target tokens, V tokens of the vocabulary, E width of an
         embedding, L layers, H cells of a layer, M source words that "location" tells apart.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.autograd.function import Function, once_differentiable
from torch.nn import Module, ModuleList, Parameter

from papers.seq2seq.version2.model import PAD, Encoder, Layer, Learner, drop, loss, matrix

__all__ = ["PAD", "Attention", "Config", "Learner", "Luong", "loss"]

SCORES = ("dot", "general", "concat", "location")  # Eq. 7 and 8
WINDOWS = ("global", "local-m", "local-p")
GAIN = 3  # of W_c at the start: an LSTM's first states are small, and h~_t would be smaller yet
LONGEST = 50  # source words that "location" can tell apart; it ignores later ones (footnote 6)


@dataclass(frozen=True)
class Config:  # defaults: Sec. 4.1 and the best row of Table 4; warm-up and Adam's rate are ours
    hidden: int = 1000
    layers: int = 4
    width: int = 1000  # of the embeddings
    score: str = "general"
    window: str = "local-p"
    span: int = 10  # D
    feed: bool = True  # h~_t is read in step t + 1 (Sec. 3.3)
    dropout: float = 0.2
    batch: int = 2_500  # tokens on either side, padding included: about 128 sentences
    rate: float = 1e-3  # its peak
    warmup: int = 500
    clip: float = 5.0
    steps: int = 420_000  # 12 passes over 4.5 million sentences

    def __post_init__(self):
        if self.score not in SCORES or self.window not in WINDOWS or self.span < 1:
            raise ValueError(f"score must be of {SCORES}, window of {WINDOWS}, span at least 1")


class Cell(Function):
    """One step of an LSTM: z (B, 4 H), c (B, H) -> h, c; the gates as in papers/lstm: o, i, f, g.

    Its gradient is by hand: a loop of small steps spends most of its time between operations.
    """

    @staticmethod
    def forward(ctx, z, c):
        hidden = c.shape[1]
        gates = torch.cat([z[:, : 3 * hidden].sigmoid(), z[:, 3 * hidden :].tanh()], 1)  # (B, 4 H)
        o, i, f, g = gates.chunk(4, 1)  # (B, H): each of them
        new = torch.addcmul(f * c, i, g)  # (B, H): f c_(t-1) + i g
        squashed = new.tanh()
        ctx.save_for_backward(gates, c, squashed)
        return o * squashed, new  # (B, H), (B, H)

    @staticmethod
    @once_differentiable
    def backward(ctx, dh, dc):
        gates, c, squashed = ctx.saved_tensors
        o, i, f, g = gates.chunk(4, 1)
        dc = torch.addcmul(dc, dh * o, 1 - squashed * squashed)
        d = torch.cat([dh * squashed, dc * g, dc * c, dc * i], 1)  # (B, 4 H)
        slopes = torch.addcmul(gates, gates, gates, value=-1)  # (B, 4 H): of a sigmoid
        slopes[:, 3 * c.shape[1] :] = 1 - g * g  # of tanh
        return d * slopes, dc * f  # (B, 4 H), (B, H)


def squash(x):  # Eq. 5
    return x.tanh()


def place(lengths, share):
    """p_t = S sigmoid(...) (Eq. 9), a real number: (B,), (B, T) -> (B, T)."""
    return lengths[:, None] * share


def absent(source):  # (B, S) -> (B, S): where no weight may go
    return source == PAD


def fed(config):
    return config.feed


def vector(rows):
    return Parameter(matrix(rows, 1)[:, 0].detach())


class Attention(Module):
    """Weights over the source states (Eq. 7 to 10); h~_t of what they fetch and of h_t (Eq. 5)."""

    def __init__(self, config):
        super().__init__()
        h, self.score, self.window = config.hidden, config.score, config.window
        self.span, self.w_c = config.span, Parameter(GAIN * matrix(2 * h, h).detach())
        sizes = {"general": (h, h), "concat": (2 * h, h), "location": (h, LONGEST)}  # of W_a
        if self.score in sizes:
            self.w_a = matrix(*sizes[self.score])
        if self.score == "concat":
            self.v_a = vector(h)
        if self.window == "local-p":
            self.w_p, self.v_p = matrix(h, h), vector(h)

    def remember(self, states, source):
        """What every step needs of the source's `states` (B, S, H) and of `source` (B, S)."""
        keys, h = states, states.shape[2]
        if self.score == "general":
            keys = states @ self.w_a.t()  # (B, S, H): W_a h_s
        elif self.score == "concat":
            keys = states @ self.w_a[h:]  # (B, S, H): of W_a [h_t; h_s], what h_s adds
        values = states @ self.w_c[:h]  # (B, S, H): weighted and summed they are W_c times c_t
        lengths = (source != PAD).sum(1)  # (B,)
        return {"keys": keys, "values": values, "absent": absent(source), "lengths": lengths}

    def scores(self, h, keys):
        """How well each of `keys` (B, S, H) answers states `h` (B, T, H): (B, T, S)."""
        if self.score == "concat":
            asked = (h @ self.w_a[: h.shape[2]])[:, :, None]  # (B, T, 1, H)
            return (asked + keys[:, None]).tanh() @ self.v_a  # (B, T, S)
        if self.score == "location":
            found, words = h @ self.w_a, keys.shape[1]  # (B, T, M)
            beyond = max(0, words - LONGEST)
            return F.pad(found, (0, beyond), value=-math.inf)[..., :words]  # (B, T, S)
        return h @ keys.transpose(1, 2)  # (B, T, S)

    def places(self, h, lengths, t):
        """p_t (B, T), counted from 1, at steps `t` (T,). A target that grows longer than its source
        stays with the last word, so that no window is empty."""
        if self.window == "local-m":
            return torch.minimum(t, lengths[:, None])  # (B, T)
        share = ((h @ self.w_p).tanh() @ self.v_p).sigmoid()  # (B, T)
        return place(lengths, share)  # (B, T)

    def weights(self, h, memory, t):
        """a_t (B, T, S) as states `h` (B, T, H) ask at steps `t` (T,)."""
        scores = self.scores(h, memory["keys"])  # (B, T, S)
        barred = memory["absent"][:, None]  # (B, 1, S)
        if self.window == "global":
            return scores.masked_fill(barred, -math.inf).softmax(-1)
        s = torch.arange(1, scores.shape[2] + 1, device=h.device)  # (S,)
        away = s - self.places(h, memory["lengths"], t)[..., None]  # (B, T, S)
        barred = barred | (away.abs() > self.span)  # (B, T, S)
        a = scores.masked_fill(barred, -math.inf).softmax(-1)
        if self.window == "local-m":
            return a
        return a * torch.exp(-2 * (away / self.span) ** 2)  # (B, T, S): Eq. 10 with sigma = D / 2

    def forward(self, h, memory, t):
        """h~_t (B, T, H) and a_t (B, T, S) of states `h` (B, T, H) at steps `t` (T,)."""
        a = self.weights(h, memory, t)
        fetched = a.to(h.dtype) @ memory["values"]  # (B, T, H)
        return squash(fetched + h @ self.w_c[h.shape[2] :]), a  # Eq. 5


class Luong(Module):
    """The reader, the writer, and what stands between them (Fig. 2 to 4)."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config, width, h = config, config.width, config.hidden
        self.encoder, self.embedding = Encoder(config, symbols), matrix(symbols, width)
        torch.nn.init.normal_(self.embedding)
        sizes = [width + h * fed(config)] + [h] * (config.layers - 1)  # footnote 11
        self.layers = ModuleList(Layer(size, h) for size in sizes)
        self.attention, self.w_s = Attention(config), matrix(h, symbols)

    def start(self, source):
        """What the writer begins with after `source` (B, S): its own state is the reader's last."""
        x, state = self.encoder(source)  # (B, S, H), (B, L, 2, H)
        memory = self.attention.remember(drop(x.flip(1), self), source)  # as the words stand
        return memory | {"state": state, "fed": torch.zeros_like(state[:, 0, 0])}

    def matrices(self):
        """One matrix for each layer, for what lies below it and for its own state."""
        below = [layer.w_x for layer in self.layers]
        below[0] = below[0][:, self.config.width :]  # of h~; the words have had their product
        pairs = zip(below, (layer.w_h for layer in self.layers))
        return [torch.cat(pair, 1).t() for pair in pairs]

    def words(self, inputs):
        """What `inputs` (B, T) are to the first layer, all in one product: (B, T, 4 H)."""
        w_x = self.layers[0].w_x[:, : self.config.width]  # (4 H, E)
        return drop(F.embedding(inputs, self.embedding), self) @ w_x.t() + self.layers[0].b

    def advance(self, cache, z, matrices, t):
        """One step: its word's `z` (B, 4 H) -> h~_t (B, H), a_t (B, S). The cache is kept up."""
        below, ended = cache["fed"][:, : fed(self.config) * self.config.hidden], []
        for n, (w, state) in enumerate(zip(matrices, cache["state"].unbind(1))):
            h, c = state.unbind(1)  # (B, H), (B, H)
            given = torch.cat([below, h], 1)
            z = torch.addmm(self.layers[n].b if n else z, given, w)  # (B, 4 H)
            h, c = Cell.apply(z, c)  # (B, H), (B, H)
            ended += [h, c]
            below = drop(h, self)
        asks = torch.full((1,), t, device=z.device)
        found, a = self.attention(below[:, None], cache, asks)  # (B, 1, H), (B, 1, S)
        state = torch.stack(ended, 1).unflatten(1, (-1, 2))  # (B, L, 2, H)
        cache |= {"state": state, "fed": found[:, 0]}
        return found[:, 0], a[:, 0]  # (B, H), (B, S)

    def write(self, source, inputs):
        """h~_t (B, T, H) and a_t (B, T, S) after each of `inputs` (B, T)."""
        cache = self.start(source)
        if not fed(self.config):
            return self.at_once(cache, inputs)
        matrices, words = self.matrices(), self.words(inputs).unbind(1)
        steps = [self.advance(cache, z, matrices, t) for t, z in enumerate(words, 1)]
        return tuple(torch.stack(found, 1) for found in zip(*steps))

    def at_once(self, cache, inputs):
        """The same where nothing is fed: layer by layer, then all weights in one product."""
        x = drop(F.embedding(inputs, self.embedding), self)  # (B, T, E)
        for n, layer in enumerate(self.layers):
            x = drop(layer(x, cache["state"][:, n])[0], self)  # (B, T, H)
        t = torch.arange(1, x.shape[1] + 1, device=x.device)  # (T,)
        return self.attention(x, cache, t)

    def scores(self, source, inputs):
        """Scores (B, T, V) of the token after each of `inputs` (B, T), given `source` (B, S)."""
        return drop(self.write(source, inputs)[0], self) @ self.w_s  # (B, T, V): Eq. 6

    def step(self, cache, prefix):
        """Scores (B, V) after the last token of `prefix` (B, T); the cache holds those before."""
        z = self.words(prefix[:, -1:])[:, 0]  # (B, 4 H)
        return drop(self.advance(cache, z, self.matrices(), prefix.shape[1])[0], self) @ self.w_s
