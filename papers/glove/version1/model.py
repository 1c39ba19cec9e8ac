"""GloVe, Pennington et al. 2014; version 1: what the released code does, in NumPy.

How often two words stand near each other is counted once. Then the model learns, pair by pair, two
vectors and two biases whose sum is the logarithm of that count. glove.c visits one pair at a time.
Here a step visits the pairs of a diagonal of the table, word i with word i + k for one k: no word
stands there twice, so that the order in a step means nothing, and a step is what glove.c does with
those pairs one after the other, to the last digit.

The slips of the released code are kept (README tells them); what surprises says so on its line.

Symbols: X_ij how often word j stands near word i, w_i and w~_j their vectors, b_i and b~_j biases,
         f the weight of a pair (Eq. 9), J what is minimised (Eq. 8).
Shapes:  V words, D numbers of a vector, N pairs of a step.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Config:  # defaults: the paper's values (Sec. 3, Sec. 4.2)
    size: int = 300  # D
    window: int = 10  # words on each side
    least: int = 5  # a rarer word has no vector: VOCAB_MIN_COUNT of the code's demo.sh
    x_max: float = 100.0
    alpha: float = 0.75
    learning_rate: float = 0.05
    steps: int = 100 * 400_000  # 100 passes over the diagonals of 400,000 words


def count(lines, window):
    """{(i, j): X_ij}: how often word j stands within `window` words of word i (Sec. 3).

    Each time counts as one, however far apart the two are.
    """
    x = defaultdict(float)
    for line in lines:
        words = line.tolist()
        for place, word in enumerate(words):
            for other in words[place + 1 : place + 1 + window]:
                x[word, other] += 1.0
                x[other, word] += 1.0
    return x


def diagonals(x, words):
    """Arrays (i, j, X_ij) of the pairs with j = i + k modulo V, for each k from 0 to V - 1."""
    i, j = np.array(list(x)).T
    counts = np.array(list(x.values()))
    k = (j - i) % words
    order = np.lexsort((i, k))
    ends = np.cumsum(np.bincount(k, minlength=words))[:-1]
    return list(zip(*(np.split(part[order], ends) for part in (i, j, counts))))


def weight(x, x_max, alpha):
    """Eq. 9: rare pairs say little and count little, and none counts more than 1."""
    return np.minimum(x / x_max, 1.0) ** alpha


def initial(words, size, rng):
    """All between -1/2 and 1/2, divided by the vectors' size: glove.c, initialize_parameters."""

    def draw(*shape):
        return (rng.random(shape) - 0.5) / size

    w, w_context = draw(words, size), draw(words, size)  # (V, D): both
    return {"w": w, "w_context": w_context, "b": draw(words), "b_context": draw(words)}


def descend(weights, squares, rows, gradients, rate):
    """AdaGrad as glove.c has it, in the rows that the gradients are of.

    Three things differ from Duchi et al. 2011: the rate goes into the squares, where it all but
    cancels; the biases take none; and the root is of the sum before this step.
    """
    for name, gradient in gradients.items():
        row = rows[name]
        move = gradient if name.startswith("b") else rate * gradient
        weights[name][row] -= move / np.sqrt(squares[name][row])
        squares[name][row] += move * move


class GloVe:
    """Learns from the counts of pairs."""

    def __init__(self, config, x, words, rng):
        self.config, self.diagonals = config, diagonals(x, words)
        self.weights = initial(words, config.size, rng)
        # glove.c begins at 1, so that the first rate is the stated one.
        self.squares = {name: np.ones_like(value) for name, value in self.weights.items()}

    def gradients(self, i, j, x):
        """J of these pairs (half of Eq. 8), and its gradients by name."""
        w, w_context = self.weights["w"][i], self.weights["w_context"][j]  # (N, D): both
        biases = self.weights["b"][i] + self.weights["b_context"][j]  # (N,)
        difference = (w * w_context).sum(1) + biases - np.log(x)  # (N,): Eq. 7
        weighted = weight(x, self.config.x_max, self.config.alpha) * difference  # (N,)
        pull = weighted[:, None]  # (N, 1)
        cost = 0.5 * (weighted * difference).sum()
        # dJ/dw_i = f(X_ij) (...) w~_j, and the other way round.
        by_vectors = {"w": pull * w_context, "w_context": pull * w}
        return cost, {**by_vectors, "b": weighted, "b_context": weighted}

    def step(self, number):
        """Learn from the next diagonal; J per pair before it."""
        i, j, x = self.diagonals[number % len(self.diagonals)]
        cost, gradients = self.gradients(i, j, x)
        rows = {"w": i, "b": i, "w_context": j, "b_context": j}
        descend(self.weights, self.squares, rows, gradients, self.config.learning_rate)
        return cost / max(1, len(x))

    def vectors(self):
        """(V, D): W, as -model 1 of glove.c writes it."""
        return self.weights["w"]

    def state(self):
        kept = {f"model.{name}": value for name, value in self.weights.items()}
        return kept | {f"squares.{name}": value for name, value in self.squares.items()}

    def restore(self, state):
        for name in self.weights:
            self.weights[name] = state[f"model.{name}"].numpy().copy()
            self.squares[name] = state[f"squares.{name}"].numpy().copy()
