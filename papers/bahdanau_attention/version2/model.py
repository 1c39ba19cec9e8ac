"""Additive attention, Bahdanau, Cho and Bengio 2015 (arXiv:1409.0473), version 2: the paper.

A reader goes through the source from both ends; a writer looks, at every step, for the words that
it needs. Against version 1: weights see the source, whatever its length, and no padding; the reader
has two directions, and the writer begins with what the second ends with; maxout before the scores;
Adam, dropout. All that does not depend on the step is computed once, outside the loop over steps.

Symbols: h_j annotation of source word j, s_i state of the writer at step i, y_i target word, e_ij
         scores, alpha_ij weights, c_i context; W_a, U_a, v_a the alignment model (App. A.1.2).
Shapes:  B sentences, S source tokens, T target tokens, V tokens of the vocabulary, E width of an
         embedding, H states of a direction or of the writer, A units of the alignment model,
         M units of the maxout.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Module, Parameter

from papers.gru.version2.model import Layer
from papers.seq2seq.version2.model import PAD, Learner, drop, loss, matrix

__all__ = ["PAD", "Config", "Learner", "Search", "loss"]

KEPT = 1e4  # what padding adds to an update gate: it is then exactly 1, and the state stays


@dataclass(frozen=True)
class Config:  # defaults: App. A.2.3 and B.2; warm-up, dropout and Adam's rate are ours
    hidden: int = 1000  # n
    width: int = 620  # m, of the embeddings
    aligned: int = 1000  # n', of the alignment model
    maxout: int = 500  # l
    dropout: float = 0.2  # on embeddings, annotations and before the scores
    batch: int = 4_000  # tokens on either side, padding included: 80 sentences of up to 50
    rate: float = 1e-3  # its peak
    warmup: int = 500
    clip: float = 1.0
    steps: int = 667_000


def turned(x):
    """The words from the other end, padding first."""
    return x.flip(1)


class Encoder(Module):
    """Two recurrent networks that share their embedding, one for each direction (Sec. 3.2)."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config, e = config, config.width
        self.embedding = Parameter(torch.empty(symbols, e).normal_())
        self.forwards, self.backwards = (Layer(e, config.hidden, e**-0.5) for _ in range(2))

    def forward(self, source):
        """Annotations (B, S, 2 H) of `source` (B, S), and the state (B, H) with which the second
        direction ends: the one at the first word."""
        x = drop(F.embedding(source, self.embedding), self)  # (B, S, E)
        padding = (source == PAD)[..., None].to(x.dtype)  # (B, S, 1)
        ahead, _ = self.read(self.forwards, x, padding)  # (B, S, H), (B, H)
        back, last = self.read(self.backwards, turned(x), turned(padding))  # (B, S, H), (B, H)
        return torch.cat([ahead, turned(back)], 2), last

    def read(self, layer, x, padding):
        """States (B, S, H) of a layer over `x` (B, S, E), and the last (B, H). Where `padding`
        (B, S, 1) is 1 the state stays: before the first word it is zero, as if none came."""
        r, z, n = (x.transpose(0, 1) @ layer.w + layer.b).chunk(3, 2)  # (S, B, H): each of them
        a = torch.cat([r, z + KEPT * padding.transpose(0, 1), n], 2)  # (S, B, 3 H)
        return layer.walk(a, x.new_zeros(len(x), len(layer.u)))


def absent(source):  # (B, S) -> (B, S): where no weight may go
    return source == PAD


def normalised(e):  # (B, S) -> (B, S): Eq. 6
    return e.softmax(1)


class Alignment(Module):
    """How well the source around word j matches the word to be written at step i, judged by the
    state before: e_ij = v_a^T tanh(W_a s_(i-1) + U_a h_j)."""

    def __init__(self, config):
        super().__init__()
        self.w_a = matrix(config.hidden, config.aligned)
        self.u_a = matrix(2 * config.hidden, config.aligned)
        self.v_a = Parameter(torch.zeros(config.aligned))  # App. B.1: at first all words are alike

    def keys(self, annotations):
        """U_a h_j (B, S, 2 H) -> (B, S, A), which no step changes (App. A.1.2)."""
        return annotations @ self.u_a

    def forward(self, asked, keys, masked):
        """Weights (B, S) for `asked` (B, A), which is W_a s_(i-1), over `keys` (B, S, A); none
        where `masked` (B, S)."""
        e = (asked[:, None] + keys).tanh() @ self.v_a  # (B, S)
        return normalised(e.masked_fill(masked, -math.inf))


class Search(Module):
    """RNNsearch: the reader, the alignment model and the writer (Sec. 3)."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config, e, h = config, config.width, config.hidden
        self.encoder, self.alignment = Encoder(config, symbols), Alignment(config)
        self.embedding = Parameter(torch.empty(symbols, e).normal_())
        self.w_s, self.b_s = matrix(h, h), Parameter(torch.zeros(h))
        self.gru = Layer(e + 2 * h, h, (e + 2 * h) ** -0.5)  # reads a word and its context
        self.w_t = matrix(h + e + 2 * h, 2 * config.maxout)  # U_o, V_o, C_o, one below the other
        self.w_o, self.b_o = matrix(config.maxout, symbols), Parameter(torch.zeros(symbols))

    def start(self, source):
        """What the writer keeps of `source` (B, S): annotations, keys, and its first state."""
        annotations, last = self.encoder(source)  # (B, S, 2 H), (B, H)
        annotations = drop(annotations, self)
        s_0 = (last @ self.w_s + self.b_s).tanh()  # (B, H)
        keys = self.alignment.keys(annotations)  # (B, S, A)
        return {"annotations": annotations, "keys": keys, "absent": absent(source), "state": s_0}

    def matrices(self):
        """What reads the state before, W_a and the GRU's U side by side (H, A + 3 H): one product;
        and what reads the context (2 H, 3 H)."""
        return torch.cat([self.alignment.w_a, self.gru.u], 1), self.gru.w[self.config.width :]

    def words(self, inputs):
        """Embeddings of `inputs` (B, T), and what they say to the writer: one product for all."""
        x = drop(F.embedding(inputs, self.embedding), self)  # (B, T, E)
        return x, x @ self.gru.w[: self.config.width] + self.gru.b  # (B, T, E), (B, T, 3 H)

    def advance(self, cache, a, matrices):
        """One step: s_i (B, H), c_i (B, 2 H) and alpha_i (B, S), given what the word before says to
        the GRU, `a` (B, 3 H). First look, then go on."""
        of_state, of_context = matrices
        s, sizes = cache["state"], [self.config.aligned, 3 * self.config.hidden]
        asked, said = (s @ of_state).split(sizes, 1)  # (B, A), (B, 3 H)
        weights = self.alignment(asked, cache["keys"], cache["absent"])  # (B, S)
        context = (weights[:, None] @ cache["annotations"])[:, 0]  # (B, 2 H): Eq. 5
        a = torch.addmm(a, context, of_context)  # (B, 3 H)
        cache["state"] = self.updated(a, said, s)  # (B, H)
        return cache["state"], context, weights

    def updated(self, a, said, s):
        """The state (B, H) after `s` (B, H), given what word and context say, `a` (B, 3 H), and
        what the state does, `said` (B, 3 H): one step of the GRU of papers/gru."""
        sizes = [2 * s.shape[1], s.shape[1]]  # of r and z together, of n
        (a, a_n), (said, said_n) = a.split(sizes, 1), said.split(sizes, 1)
        r, z = (a + said).sigmoid().chunk(2, 1)  # (B, H), (B, H)
        n = torch.addcmul(a_n, r, said_n + self.gru.b_n).tanh()  # (B, H)
        return torch.lerp(n, s, z)

    def readout(self, s, x, c):
        """Scores (B, T, V) from `s` (B, T, H), `x` (B, T, E) and `c` (B, T, 2 H) (App. A.2.2)."""
        t = (torch.cat([s, x, c], 2) @ self.w_t).unflatten(2, (-1, 2)).amax(3)  # (B, T, M)
        return drop(t, self) @ self.w_o + self.b_o  # (B, T, V)

    def write(self, source, inputs):
        """Scores (B, T, V) of the token after each of `inputs` (B, T), and weights (B, T, S)."""
        cache, matrices = self.start(source), self.matrices()
        x, a = self.words(inputs)
        steps = [self.advance(cache, a_t, matrices) for a_t in a.unbind(1)]
        s, c, weights = (torch.stack(found, 1) for found in zip(*steps))
        return self.readout(s, x, c), weights

    def scores(self, source, inputs):
        """Scores (B, T, V) of the token after each of `inputs` (B, T), given `source` (B, S)."""
        return self.write(source, inputs)[0]

    def step(self, cache, prefix):
        """Scores (B, V) after the last token of `prefix` (B, T); the cache holds those before."""
        x, a = self.words(prefix[:, -1:])  # (B, 1, E), (B, 1, 3 H)
        s, c, _ = self.advance(cache, a[:, 0], self.matrices())
        return self.readout(s[:, None], x, c[:, None])[:, 0]
