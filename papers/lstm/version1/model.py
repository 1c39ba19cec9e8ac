# Decide here: which of the paper's equations, in its order and with its symbols? Replace all.
"""Simple recurrent network, Elman 1990, as min-char-rnn has it (Karpathy 2015); version 1: by hand.

NumPy, with backpropagation through time (Elman's own error stops at the context units) and Adagrad
written out. The mistakes of min-char-rnn are kept; papers/lstm/evidence/deviations.py names them.

Symbols: x_t a character (one-hot), h_t the hidden or context units (Elman, Fig. 2), y_t the scores
         of the next character, p_t their softmax, L the loss.
Shapes:  T sequence, V symbols, H hidden units, B streams. Only `predict` reads several streams:
         training takes one sequence at a time.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Config:  # defaults: min-char-rnn
    hidden: int = 100
    sequence: int = 25  # steps of backpropagation through time
    learning_rate: float = 0.1
    clip: float = 5.0
    weight_scale: float = 0.01
    steps: int = 100_000  # the original runs until it is stopped


def initialise(config, symbols, rng):
    """Small Gaussian weights, zero biases."""
    h, v, scale = config.hidden, symbols, config.weight_scale
    return {
        "w_xh": rng.standard_normal((h, v)) * scale,  # input -> hidden
        "w_hh": rng.standard_normal((h, h)) * scale,  # context -> hidden: the recurrence
        "w_hy": rng.standard_normal((v, h)) * scale,  # hidden -> output
        "b_h": np.zeros(h),
        "b_y": np.zeros(v),
    }


def softmax(y):
    e = np.exp(y - y.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def forward(weights, inputs, h):
    """All states (T + 1, H) and probabilities (T, V) over `inputs` (T,) from state `h` (H,)."""
    states = [h]
    for x in inputs:
        # h_t = tanh(W_xh x_t + W_hh h_(t-1) + b_h). x_t is one-hot, so W_xh x_t is a column.
        h = np.tanh(weights["w_xh"][:, x] + weights["w_hh"] @ h + weights["b_h"])  # (H,)
        states.append(h)
    states = np.array(states)  # (T + 1, H)
    y = states[1:] @ weights["w_hy"].T + weights["b_y"]  # (T, V)
    return states, softmax(y)


def loss_and_gradients(weights, inputs, targets, h):
    """Summed cross-entropy of the sequence, its gradients, and the state to carry on.

    Backpropagation through time: the network unrolled over the sequence is a feed-forward network
    whose layers share their weights, so their gradients add up.
    """
    states, p = forward(weights, inputs, h)
    steps = np.arange(len(inputs))
    loss = -np.log(p[steps, targets]).sum()  # L = - sum_t log p_t[target]

    dy = p.copy()  # (T, V): dL/dy_t = p_t - onehot(target)
    dy[steps, targets] -= 1
    gradients = {name: np.zeros_like(w) for name, w in weights.items()}
    gradients["w_hy"] = dy.T @ states[1:]  # (V, H)
    gradients["b_y"] = dy.sum(axis=0)
    dh_next = np.zeros_like(h)  # what the later steps say of this state
    for t in reversed(steps):
        dh = weights["w_hy"].T @ dy[t] + dh_next  # (H,)
        dz = (1 - states[t + 1] ** 2) * dh  # through tanh
        gradients["w_xh"][:, inputs[t]] += dz
        gradients["w_hh"] += np.outer(dz, states[t])  # (H, H)
        gradients["b_h"] += dz
        dh_next = weights["w_hh"].T @ dz  # (H,)
    return loss, gradients, states[-1]


def clip_by_value(gradients, limit):
    """Cut every component to [-limit, limit]: this bends the gradient's direction."""
    return {name: np.clip(g, -limit, limit) for name, g in gradients.items()}


def adagrad(weights, gradients, memory, learning_rate):
    """w <- w - lr g / sqrt(sum of all g^2 so far + 1e-8)  (Duchi et al. 2011), in place."""
    for name, g in gradients.items():
        memory[name] += g * g
        weights[name] -= learning_rate * g / np.sqrt(memory[name] + 1e-8)


def predict(weights, inputs, h):
    """Log-probabilities (B, T, V) of the symbols after `inputs` (B, T), and new states (B, H)."""
    h = np.zeros((len(inputs), weights["b_h"].size)) if h is None else h
    states = []
    for x in inputs.T:
        h = np.tanh(weights["w_xh"].T[x] + h @ weights["w_hh"].T + weights["b_h"])  # (B, H)
        states.append(h)
    y = np.stack(states, axis=1) @ weights["w_hy"].T + weights["b_y"]  # (B, T, V)
    return np.log(softmax(y)), h


class Learner:
    """The original's main loop, step by step: weights, Adagrad's memory, the carried state."""

    def __init__(self, config, symbols, rng):
        self.config = config
        self.weights = initialise(config, symbols, rng)
        self.memory = {name: np.zeros_like(w) for name, w in self.weights.items()}
        self.h = np.zeros(config.hidden)
        self.smooth = np.log(symbols) * config.sequence  # the loss of guessing

    def step(self, text, i):
        """Learn from the i-th piece of `text`; its summed loss in nats."""
        length = self.config.sequence
        start = i % ((len(text) - 1) // length) * length
        if start == 0:
            self.h = np.zeros(self.config.hidden)
        inputs, targets = text[start : start + length], text[start + 1 : start + length + 1]
        loss, gradients, self.h = loss_and_gradients(self.weights, inputs, targets, self.h)
        gradients = clip_by_value(gradients, self.config.clip)
        adagrad(self.weights, gradients, self.memory, self.config.learning_rate)
        # The running average of the training loss, which the original prints as its result.
        self.smooth = 0.999 * self.smooth + 0.001 * loss
        return loss

    def predict(self, tokens, h):
        return predict(self.weights, tokens, h)

    def state(self):
        memory = {f"adagrad.{name}": m for name, m in self.memory.items()}
        return {**self.weights, **memory, "h": self.h, "smooth": np.array(self.smooth)}

    def restore(self, saved):
        for name in self.weights:
            self.weights[name] = saved[name].numpy().copy()
            self.memory[name] = saved[f"adagrad.{name}"].numpy().copy()
        self.h, self.smooth = saved["h"].numpy().copy(), float(saved["smooth"])
