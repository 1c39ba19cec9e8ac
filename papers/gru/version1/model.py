"""Gated recurrent units, Cho et al. 2014, version 1: the equations of the paper, by hand.

NumPy: the gates, their derivatives through time, and Adadelta, as the paper trains. Read literally:
no biases (the paper leaves them out of its equations), the reset gate in front of the product,
one stream of text. papers/gru/evidence/deviations.py names what later code does otherwise.

Symbols: x_t a character (one-hot), h_t the state, r the reset gate, z the update gate, c the
         candidate (h~ in the paper), y_t the scores of the next character; W what reads x, U what
         reads the state. In code dv is the derivative of the loss by v, and da that by what stands
         inside a sigmoid or tanh.
Shapes:  T sequence, V symbols, H hidden units, B streams. Only `predict` reads several streams:
         training takes one sequence at a time.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Config:  # defaults: Sec. 4.1, but for the length of a piece, which phrases do not need
    hidden: int = 1000
    sequence: int = 25  # steps of backpropagation through time
    weight_scale: float = 0.01  # of all weights but the recurrent ones
    rho: float = 0.95  # Adadelta
    epsilon: float = 1e-6
    steps: int = 100_000  # the paper trained for about three days


def initialise(config, symbols, rng):
    """Sec. 4.1: small Gaussian weights; recurrent ones are singular vectors of Gaussian ones."""
    h, v, scale = config.hidden, symbols, config.weight_scale
    inputs = {name: rng.standard_normal((h, v)) * scale for name in ("w_r", "w_z", "w")}
    recurrent = {name: orthogonal(h, rng) for name in ("u_r", "u_z", "u")}
    return {**inputs, **recurrent, "w_y": rng.standard_normal((v, h)) * scale}


def orthogonal(size, rng):
    """The left singular vectors of a Gaussian matrix: it keeps every state's length."""
    return np.linalg.svd(rng.standard_normal((size, size)))[0]  # (H, H)


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def softmax(y):
    e = np.exp(y - y.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def forward(weights, inputs, h):
    """Over `inputs` (T,) from `h` (H,): what each step computed, the states, the probabilities."""
    steps, states = [], []
    for x in inputs:
        # x_t is one-hot, so W x_t is a column of W.
        r = sigmoid(weights["w_r"][:, x] + weights["u_r"] @ h)  # (H,): Eq. 5
        z = sigmoid(weights["w_z"][:, x] + weights["u_z"] @ h)  # (H,): Eq. 6
        c = np.tanh(weights["w"][:, x] + weights["u"] @ (r * h))  # (H,): Eq. 8
        steps.append((x, h, r, z, c))
        h = z * h + (1 - z) * c  # Eq. 7: z keeps, 1 - z replaces
        states.append(h)
    states = np.array(states)  # (T, H)
    y = states @ weights["w_y"].T  # (T, V)
    return steps, states, softmax(y)  # Eq. 2


def loss_and_gradients(weights, inputs, targets, h):
    """Summed cross-entropy of the sequence, its gradients, and the state to carry on.

    Eq. 7 lets the error through to the state before as it is, times z: where a unit keeps what it
    has, the error is kept as well, over any number of steps.
    """
    steps, states, p = forward(weights, inputs, h)
    rows = np.arange(len(inputs))
    loss = -np.log(p[rows, targets]).sum()

    dy = p.copy()  # (T, V): p_t - onehot(target)
    dy[rows, targets] -= 1
    gradients = {name: np.zeros_like(w) for name, w in weights.items()}
    gradients["w_y"] = dy.T @ states  # (V, H)
    dh = np.zeros_like(h)  # what the later steps say of this state
    for t in reversed(range(len(inputs))):
        x, before, r, z, c = steps[t]
        dh = dh + weights["w_y"].T @ dy[t]  # (H,)
        dz = dh * (before - c)  # Eq. 7
        dc = dh * (1 - z)
        da = {"": dc * (1 - c * c), "_z": dz * z * (1 - z)}
        kept = weights["u"].T @ da[""]  # (H,): of r * h, Eq. 8
        da["_r"] = kept * before * r * (1 - r)
        for gate, a in da.items():
            gradients[f"w{gate}"][:, x] += a
            gradients[f"u{gate}"] += np.outer(a, before if gate else r * before)  # (H, H)
        dh = dh * z + kept * r
        dh += weights["u_r"].T @ da["_r"] + weights["u_z"].T @ da["_z"]  # (H,): each of them
    return loss, gradients, states[-1]


def adadelta(weights, gradients, memory, config):
    """Zeiler 2012, in place: the gradient by its recent size, times the size of recent steps.

    d = sqrt(mean d^2 + eps) / sqrt(mean g^2 + eps) g,  with means that forget. It has no rate.
    """
    for name, g in gradients.items():
        squares, lengths = memory[f"squares.{name}"], memory[f"lengths.{name}"]
        squares += (1 - config.rho) * (g * g - squares)
        d = np.sqrt(lengths + config.epsilon) / np.sqrt(squares + config.epsilon) * g
        lengths += (1 - config.rho) * (d * d - lengths)
        weights[name] -= d


def predict(weights, inputs, h):
    """Log-probabilities (B, T, V) of the symbols after `inputs` (B, T), and new states (B, H)."""
    h = np.zeros((len(inputs), len(weights["u"]))) if h is None else h
    states = []
    for x in inputs.T:
        r = sigmoid(weights["w_r"].T[x] + h @ weights["u_r"].T)  # (B, H)
        z = sigmoid(weights["w_z"].T[x] + h @ weights["u_z"].T)  # (B, H)
        c = np.tanh(weights["w"].T[x] + (r * h) @ weights["u"].T)  # (B, H)
        h = z * h + (1 - z) * c
        states.append(h)
    y = np.stack(states, axis=1) @ weights["w_y"].T  # (B, T, V)
    return np.log(softmax(y)), h


class Learner:
    """One piece of the text after the other: weights, Adadelta's memory, the carried state."""

    def __init__(self, config, symbols, rng):
        self.config = config
        self.weights = initialise(config, symbols, rng)
        kinds = ("squares", "lengths")
        self.memory = {f"{k}.{n}": np.zeros_like(w) for n, w in self.weights.items() for k in kinds}
        self.h = np.zeros(config.hidden)

    def step(self, text, i):
        """Learn from the i-th piece of `text`; its summed loss in nats."""
        length = self.config.sequence
        start = i % ((len(text) - 1) // length) * length
        if start == 0:
            self.h = np.zeros(self.config.hidden)
        inputs, targets = text[start : start + length], text[start + 1 : start + length + 1]
        loss, gradients, self.h = loss_and_gradients(self.weights, inputs, targets, self.h)
        adadelta(self.weights, gradients, self.memory, self.config)
        return loss

    def predict(self, tokens, h):
        return predict(self.weights, tokens, h)

    def state(self):
        return {**self.weights, **self.memory, "h": self.h}

    def restore(self, saved):
        for part in (self.weights, self.memory):
            for name in part:
                part[name] = saved[name].numpy().copy()
        self.h = saved["h"].numpy().copy()
