"""Word vectors, Mikolov et al. 2013a; version 1: a softmax over all words, gradients by hand.

CBOW (Sec. 3.1) guesses a word from the words around it, skip-gram (Sec. 3.2) the words around it
from the word.

Shapes: V words, D numbers of a vector, B examples, K words that go into each of them.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Config:
    architecture: str = "cbow"  # or "skipgram"
    size: int = 300  # Table 4
    window: int = 4  # four words before and four behind (Sec. 3.1)
    rate: float = 0.025  # falls along a line to 0 (Sec. 4.2)
    batch: int = 64  # words of the text in a step
    steps: int = 100_000

    def __post_init__(self):
        if self.architecture not in ("skipgram", "cbow"):
            raise ValueError(f"architecture is skipgram or cbow, not {self.architecture!r}")
        if min(self.size, self.window, self.batch, self.steps) < 1 or self.rate <= 0:
            raise ValueError("size, window, batch, steps and rate must be positive")


def around(tokens, places, window):
    """The words that stand around each of some places of the text, which has no end."""
    offsets = np.array([k for k in range(-window, window + 1) if k])
    return tokens[(places[:, None] + offsets) % len(tokens)]


def cbow(words, contexts):
    """Rows that go in (B, K) and words to guess (B,)."""
    return contexts, words


def skipgram(words, contexts):
    """Each word goes in once for each word around it."""
    return np.repeat(words, contexts.shape[1])[:, None], contexts.ravel()


ARCHITECTURES = {"cbow": cbow, "skipgram": skipgram}


def softmax(scores):
    """Probabilities (B, V) of `scores` (B, V)."""
    shifted = np.exp(scores - scores.max(1, keepdims=True))
    return shifted / shifted.sum(1, keepdims=True)


def gradient(table, inputs, targets):
    """The loss of `inputs` (B, K) and `targets` (B,), and its gradient in the table."""
    h = table[inputs].sum(1)  # (B, D)
    p = softmax(h @ table.T)  # (B, V)
    rows = np.arange(len(targets))
    loss = -np.log(np.maximum(p[rows, targets], 1e-30)).mean()
    p[rows, targets] -= 1  # now the gradient in the scores
    p /= len(targets)
    change = p.T @ h  # (V, D)
    back = p @ table  # (B, D)
    np.add.at(change, inputs, back[:, None])
    return float(loss), change


class Learner:
    """One table of vectors, and stochastic gradient descent through the text."""

    def __init__(self, config, tokens, words, seed):
        self.config, self.tokens = config, tokens
        rng = np.random.default_rng(seed)
        self.vectors = ((rng.random((words, config.size)) - 0.5) / config.size).astype(np.float32)
        self.first = rng.integers(len(tokens))

    def rate(self, i):
        return self.config.rate * (1 - i / self.config.steps)

    def step(self, i):
        """Learn from the next words; the loss in nats."""
        c = self.config
        places = (self.first + np.arange(i * c.batch, (i + 1) * c.batch)) % len(self.tokens)
        contexts = around(self.tokens, places, c.window)
        examples = ARCHITECTURES[c.architecture](self.tokens[places], contexts)
        loss, change = gradient(self.vectors, *examples)
        descend(self.vectors, change, self.rate(i))
        return loss

    def state(self):
        return {"vectors": self.vectors}

    def restore(self, saved):
        self.vectors[:] = np.asarray(saved["vectors"])


def descend(table, change, rate):
    """A step of gradient descent, in place."""
    table -= np.float32(rate) * change
