"""Attention after Bahdanau, Cho and Bengio 2015 (arXiv:1409.0473), version 1: as many first met it.

The decoder of PyTorch's tutorial "Translation with a Sequence to Sequence Network and Attention",
which names this paper as its source, for whole batches and from basic operations, trained as the
paper trains. Its weights come from the writer alone. papers/bahdanau_attention/evidence/
deviations.py names this slip and the others.

Symbols: h_j state of the reader after source word j, s_i state of the writer at step i, y_i target
         word, alpha_ij weights, c_i context; r, z, n the gates and the candidate of a GRU.
Shapes:  B sentences, S source tokens, T target tokens, V tokens of the vocabulary, E width of an
         embedding, H states, P places that the weights can tell apart, I inputs of a GRU.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.nn import Module

from papers.seq2seq.version1.model import PAD, uniform
from papers.seq2seq.version2.model import loss

__all__ = ["PAD", "Config", "Learner", "Search", "loss"]


@dataclass(frozen=True)
class Config:  # defaults: Sec. 4.1, App. A.2.3 and B.2; the places are Sec. 4.2's longest sentence
    hidden: int = 1000
    width: int = 620  # of the embeddings
    places: int = 50
    batch: int = 4_000  # tokens on either side, padding included: 80 sentences of up to 50
    rho: float = 0.95  # Adadelta
    epsilon: float = 1e-6
    clip: float = 1.0
    steps: int = 667_000


class GRU(Module):
    """Gated units (Cho et al. 2014) as torch.nn.GRU has them, step by step."""

    def __init__(self, inputs, hidden):
        super().__init__()
        bound = hidden**-0.5
        self.w, self.u = uniform(bound, inputs, 3 * hidden), uniform(bound, hidden, 3 * hidden)
        self.b_x, self.b_h = uniform(bound, 3 * hidden), uniform(bound, 3 * hidden)

    def step(self, x, h):
        """The state (B, H) after the state `h` (B, H) and the input `x` (B, I)."""
        x_r, x_z, x_n = (x @ self.w + self.b_x).chunk(3, 1)  # (B, H): each of them
        h_r, h_z, h_n = (h @ self.u + self.b_h).chunk(3, 1)  # (B, H): each of them
        r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()  # (B, H): each of them
        n = (x_n + r * h_n).tanh()  # (B, H)
        return (1 - z) * n + z * h


class Search(Module):
    """A reader, and a writer that looks at the reader's states."""

    def __init__(self, config, symbols):
        super().__init__()
        self.config, e, h = config, config.width, config.hidden
        self.x_words, self.y_words = uniform(1.0, symbols, e), uniform(1.0, symbols, e)
        self.reader, self.writer = GRU(e, h), GRU(h, h)
        self.w_a = uniform((e + h) ** -0.5, e + h, config.places)
        self.b_a = uniform((e + h) ** -0.5, config.places)
        self.w_c, self.b_c = uniform((e + h) ** -0.5, e + h, h), uniform((e + h) ** -0.5, h)
        self.w_o, self.b_o = uniform(h**-0.5, h, symbols), uniform(h**-0.5, symbols)

    def start(self, source):
        """What is kept of `source` (B, S): the states at the first P places, zeros where the batch
        has fewer, and the last, with which the writer begins. Padding is read like words."""
        x = self.x_words[source]  # (B, S, E)
        h, states = x.new_zeros(len(x), self.config.hidden), []
        for x_t in x.unbind(1):
            h = self.reader.step(x_t, h)  # (B, H)
            states.append(h)
        states = torch.stack(states, 1)  # (B, S, H)
        room = self.config.places - states.shape[1]  # too few places cut a sentence off
        return {"states": F.pad(states, (0, 0, 0, room)), "state": h}

    def advance(self, cache, tokens):
        """One step, after `tokens` (B,): scores (B, V) of the next and the weights (B, P)."""
        y, s = self.y_words[tokens], cache["state"]  # (B, E), (B, H)
        weights = (torch.cat([y, s], 1) @ self.w_a + self.b_a).softmax(1)  # (B, P)
        c = (weights[:, None] @ cache["states"])[:, 0]  # (B, H): Eq. 5
        x = (torch.cat([y, c], 1) @ self.w_c + self.b_c).relu()  # (B, H)
        cache["state"] = s = self.writer.step(x, s)  # (B, H)
        return s @ self.w_o + self.b_o, weights  # (B, V), (B, P)

    def write(self, source, inputs):
        """Scores (B, T, V) of the tokens after `inputs` (B, T), and weights (B, T, S)."""
        cache = self.start(source)
        steps = [self.advance(cache, tokens) for tokens in inputs.unbind(1)]
        scores, weights = (torch.stack(found, 1) for found in zip(*steps))
        return scores, F.pad(weights, (0, source.shape[1] - weights.shape[2]))

    def scores(self, source, inputs):
        """Scores (B, T, V) of the token after each of `inputs` (B, T), given `source` (B, S)."""
        return self.write(source, inputs)[0]

    def step(self, cache, prefix):
        """Scores (B, V) after the last token of `prefix` (B, T); the cache holds those before."""
        return self.advance(cache, prefix[:, -1])[0]


class Learner:
    """Adadelta (Zeiler 2012), the gradient shortened to a norm of at most `clip` (App. B.2)."""

    def __init__(self, config, net, masters):
        self.config, self.net, self.masters = config, net, masters
        self.optimizer = torch.optim.Adadelta(
            masters.masters, lr=1.0, rho=config.rho, eps=config.epsilon
        )

    def step(self, source, target):
        """Learn from a `source` (B, S), `target` (B, T + 1); its loss in nats per token."""
        value = loss(self.net.scores(source, target[:, :-1]), target[:, 1:])
        value.backward()
        self.masters.take_gradients()
        torch.nn.utils.clip_grad_norm_(self.masters.masters, self.config.clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
