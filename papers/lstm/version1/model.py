"""Long short-term memory, Hochreiter and Schmidhuber 1997; version 1: the paper's own, in NumPy.

Memory cells without a forget gate, and the paper's truncated gradient. It stays in the cells: what
a cell's state owes to a weight is kept in a trace beside the state, so that nothing of the past
is stored and nothing goes back through time. What later papers changed is kept as it was;
papers/lstm/evidence/deviations.py names it.

Symbols: s the states of the cells, y_c what they give, y_in and y_out their gates, g and h the
         squashing functions (App. A.1), y the scores of the next character, p their softmax.
         A block is `size` cells that share one input gate and one output gate (Sec. 4).
Shapes:  V symbols, K blocks, C cells, U = C + 2 K units, S = V + U + 1 what each unit sees,
         B streams, T steps. Only `predict` reads several streams: training reads one.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Config:  # defaults: the adding problem (Sec. 5.4), as far as it has them
    blocks: int = 2
    size: int = 2  # cells in a block
    weight_scale: float = 0.1  # weights begin between minus and plus this
    input_bias: float = -3.0  # of input gates: they begin nearly shut
    output_bias: float = 0.0  # of output gates (Sec. 4, abuse problem: negative)
    learning_rate: float = 0.5
    sequence: int = 100  # characters between two changes of the weights
    steps: int = 10_000  # such changes; the paper stops when all is learned


def initialise(config, inputs, outputs, rng):
    """Uniform weights. Rows of `w`: cells, input gates, output gates; its last column is biases."""
    k, c = config.blocks, config.blocks * config.size
    units = c + 2 * k
    w = rng.uniform(-1, 1, (units, inputs + units + 1)) * config.weight_scale  # (U, S)
    w[c : c + k, -1], w[c + k :, -1] = config.input_bias, config.output_bias
    return {"w": w, "w_y": rng.uniform(-1, 1, (outputs, c + 1)) * config.weight_scale}


def sigmoid(x):
    """1 / (1 + exp(-x)), in a form that cannot overflow."""
    return (1 + np.tanh(x / 2)) / 2


def g(x):
    """What is offered to a cell, from -2 to 2 (App. A.1)."""
    return 4 * sigmoid(x) - 2


def h(s):
    """What a cell shows of its state, from -1 to 1 (App. A.1)."""
    return 2 * sigmoid(s) - 1


def softmax(y):
    e = np.exp(y - y.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def one(x):
    """x and a unit that is always 1, whose weights are the biases."""
    return np.concatenate([x, np.ones((*x.shape[:-1], 1))], axis=-1)


def cells(w, seen, s):
    """One step of all cells from states `s` (..., C): everything that its gradient needs.

    Cells and gates see the input, the last outputs of all cells *and* of all gates (Sec. 4)."""
    c = s.shape[-1]
    k = (len(w) - c) // 2
    net = seen @ w.T  # (..., U)
    net_c, net_in, net_out = np.split(net, [c, c + k], axis=-1)
    y_in, y_out, offered = sigmoid(net_in), sigmoid(net_out), g(net_c)
    # The constant error carousel: what is in a cell stays, and the input gate lets more in.
    s = s + spread(y_in, c // k) * offered  # (..., C)
    y_c = spread(y_out, c // k) * h(s)  # (..., C)
    return s, y_c, y_in, y_out, offered


def spread(y, size):
    """The gates of blocks, one for each cell: (..., K) -> (..., C)."""
    return np.repeat(y, size, axis=-1)


def gather(x, size):
    """Sums over the cells of each block."""
    return np.add.reduceat(x, np.arange(0, len(x), size))


class Memory:
    """What goes on from character to character: cells, units, and the traces of learning."""

    def __init__(self, weights):
        units, seen = weights["w"].shape
        c = weights["w_y"].shape[1] - 1
        self.s, self.units = np.zeros(c), np.zeros(units)
        self.of_cells, self.of_gates = np.zeros((2, c, seen))  # ds/dw of its own, of its input gate

    def read(self, weights, x):
        """Read the vector `x` (V,); the cells' outputs and a function of the error at them.

        App. A.1, truncated: activations that come back as inputs count as constants, so no error
        leaves a cell into gates or other cells of the step before. Left is the carousel, in which
        it stays as it is: ds_t/ds_(t-1) = 1. So ds_t/dw is a sum over time that grows by one
        term with each step."""
        seen = one(np.concatenate([x, self.units]))  # (S,)
        self.s, y_c, y_in, y_out, offered = cells(weights["w"], seen, self.s)
        self.units = np.concatenate([y_c, y_in, y_out])  # (U,)
        size, shown = len(y_c) // len(y_in), h(self.s)
        let_in = spread(y_in, size) * (4 - offered**2) / 4  # y_in g'
        opened = spread(y_in * (1 - y_in), size) * offered  # y_in' g
        self.of_cells += np.outer(let_in, seen)  # (C, S)
        self.of_gates += np.outer(opened, seen)  # (C, S)

        def gradient(e):
            """The gradient (U, S) of `w`, given the error `e` (C,) at the cells' outputs."""
            at_state = (e * spread(y_out, size) * (1 - shown**2) / 2)[:, None]  # y_out h'
            at_gate = y_out * (1 - y_out) * gather(shown * e, size)
            inner, input_gates = at_state * self.of_cells, at_state * self.of_gates  # (C, S)
            output_gates = np.outer(at_gate, seen)  # (K, S)
            return np.concatenate([inner, gather(input_gates, size), output_gates])  # (U, S)

        return y_c, gradient


def loss_and_gradients(weights, inputs, targets, memory):
    """Summed cross-entropy over `inputs` (T,) and its truncated gradient; `memory` moves on."""
    loss, gradients = 0.0, {name: np.zeros_like(w) for name, w in weights.items()}
    w_y = weights["w_y"]
    symbols = np.eye(len(w_y))  # (V, V): one-hot rows
    for x, target in zip(inputs, targets, strict=True):
        y_c, gradient = memory.read(weights, symbols[x])
        dy = softmax(w_y @ one(y_c))  # (V,): p
        loss -= np.log(dy[target])
        dy[target] -= 1  # dL/dy = p - onehot(target)
        gradients["w_y"] += np.outer(dy, one(y_c))  # (V, C + 1)
        gradients["w"] += gradient(dy @ w_y[:, :-1])  # (U, S)
    return loss, gradients


def descend(weights, gradients, learning_rate):
    """w <- w - lr g, in place."""
    for name, gradient in gradients.items():
        weights[name] -= learning_rate * gradient


def predict(weights, inputs, state):
    """Log-probabilities of the symbols after `inputs` (B, T), and the new state: cells, units.

    -> (B, T, V), (B, C), (B, U)"""
    w, w_y = weights["w"], weights["w_y"]
    (v, c), b = w_y.shape, len(inputs)
    s, units = (np.zeros((b, c - 1)), np.zeros((b, len(w)))) if state is None else state
    found = []
    for x in np.eye(v)[inputs.T]:
        s, y_c, y_in, y_out, _ = cells(w, one(np.concatenate([x, units], axis=1)), s)
        units = np.concatenate([y_c, y_in, y_out], axis=1)  # (B, U)
        found.append(one(y_c) @ w_y.T)  # (B, V)
    scores = np.stack(found, axis=1)  # (B, T, V)
    return np.log(softmax(scores)), (s, units)


class Learner:
    """One stream of text from its beginning to its end, and again; the weights move by plain
    gradient descent. Nobody resets the cells on the way."""

    def __init__(self, config, symbols, rng):
        self.config = config
        self.weights = initialise(config, symbols, symbols, rng)
        self.memory = Memory(self.weights)

    def step(self, text, i):
        """Learn from the i-th piece of `text`; its summed loss in nats."""
        length = self.config.sequence
        start = i % ((len(text) - 1) // length) * length
        if start == 0:
            self.memory = Memory(self.weights)
        inputs, targets = text[start : start + length], text[start + 1 : start + length + 1]
        loss, gradients = loss_and_gradients(self.weights, inputs, targets, self.memory)
        gradients = {name: gradient / length for name, gradient in gradients.items()}
        descend(self.weights, gradients, self.config.learning_rate)
        return loss

    def predict(self, tokens, state):
        return predict(self.weights, tokens, state)

    def state(self):
        return {**self.weights, **vars(self.memory)}

    def restore(self, saved):
        self.weights = {name: saved[name].numpy().copy() for name in self.weights}
        for name in vars(self.memory):
            setattr(self.memory, name, saved[name].numpy().copy())
