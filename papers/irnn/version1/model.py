"""IRNN, Le, Jaitly and Hinton 2015 (arXiv:1504.00941), version 1: by hand.

A recurrent network of rectified units reads a picture pixel by pixel and then names the digit.
Its recurrence begins as the identity matrix: each unit starts out as a sum that forgets nothing,
and the error at the end reaches every earlier step as large as it is. NumPy, with
backpropagation through time written out, trained as the example mnist_irnn.py of Keras trains it.
The mistakes of that example are kept; papers/irnn/evidence/deviations.py names them.

Symbols: x_t a pixel, z_t the input of the hidden units, h_t = max(z_t, 0) their state,
         y the scores of the classes after the last pixel, p their softmax, L the loss.
Shapes:  B images, T pixels of an image, H hidden units, C classes.
"""

from dataclasses import dataclass

import numpy as np

CLIP_NORM = 1.0  # the example states it beside the rate, and nothing reads it


@dataclass(frozen=True)
class Config:  # defaults: mnist_irnn.py
    hidden: int = 100  # Sec. 4.2: all networks have 100 units
    # Of all weights that are not recurrent (Sec. 3); the example's readout is Keras's, wider.
    std: float = 0.001
    learning_rate: float = 1e-6
    batch: int = 32
    steps: int = 1_687_500  # 900 passes over MNIST; then the example had 93 % right


def initialise(config, classes, rng):
    """The trick (Sec. 2): identity and zero biases. All else is small and Gaussian (Sec. 3)."""
    h, std = config.hidden, config.std
    return {
        "w_xh": rng.standard_normal(h) * std,  # one pixel -> hidden
        "w_hh": np.eye(h),  # hidden -> hidden: h_t = h_(t-1) while nothing comes in
        "b_h": np.zeros(h),
        "w_hy": rng.standard_normal((h, classes)) * std,  # last state -> classes
        "b_y": np.zeros(classes),
    }


def forward(weights, x):
    """All states (T + 1, B, H) and the scores (B, C) of `x` (B, T)."""
    h = np.zeros((len(x), len(weights["b_h"])))
    states = [h]
    for t in range(x.shape[1]):
        # z_t = x_t w_xh + h_(t-1) W_hh + b_h. One number comes in, so its weights are a vector.
        z = x[:, t, None] * weights["w_xh"] + h @ weights["w_hh"] + weights["b_h"]  # (B, H)
        h = np.maximum(z, 0)  # h_t = ReLU(z_t)
        states.append(h)
    y = h @ weights["w_hy"] + weights["b_y"]  # (B, C)
    return np.stack(states), y


def softmax(y):
    e = np.exp(y - y.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def backward(weights, x, states, dy):
    """Gradients of all weights, from `dy` (B, C), that of the scores.

    Backpropagation through time: unrolled over the pixels this is a network of T layers with the
    same weights, so the gradients of the layers add up.
    """
    gradients = {name: np.zeros_like(w) for name, w in weights.items()}
    gradients["w_hy"] = states[-1].T @ dy  # (H, C)
    gradients["b_y"] = dy.sum(axis=0)
    dh = dy @ weights["w_hy"].T  # (B, H): the last state alone is read out
    for t in reversed(range(x.shape[1])):
        dz = dh * (states[t + 1] > 0)  # (B, H): a unit that is on lets the error through
        gradients["w_xh"] += x[:, t] @ dz  # (H,)
        gradients["w_hh"] += states[t].T @ dz  # (H, H)
        gradients["b_h"] += dz.sum(axis=0)
        dh = dz @ weights["w_hh"].T  # (B, H): with the identity, dh is as it was
    return gradients


def loss_and_gradients(weights, x, labels):
    """Cross-entropy in nats per image, and its gradients: `x` (B, T), `labels` (B,)."""
    states, y = forward(weights, x)
    p, rows = softmax(y), np.arange(len(x))
    loss = -np.log(p[rows, labels]).mean()
    dy = p.copy()  # dL/dy = (p - onehot(label)) / B
    dy[rows, labels] -= 1
    return loss, backward(weights, x, states, dy / len(x))


def rmsprop(weights, gradients, memory, learning_rate, decay=0.9, epsilon=1e-7):
    """w <- w - lr g / (sqrt(moving mean of g^2) + epsilon), in place: each weight moves by about
    the rate, however small its gradient is."""
    for name, g in gradients.items():
        memory[name] += (1 - decay) * (g * g - memory[name])
        weights[name] -= learning_rate * g / (np.sqrt(memory[name]) + epsilon)


class Learner:
    """Weights and RMSprop's memory, step by step."""

    def __init__(self, config, classes, rng):
        self.config = config
        self.weights = initialise(config, classes, rng)
        self.memory = {name: np.zeros_like(w) for name, w in self.weights.items()}

    def step(self, x, labels):
        """Learn from the images `x` (B, T) and their classes; the loss before, in nats."""
        loss, gradients = loss_and_gradients(self.weights, x, labels)
        rmsprop(self.weights, gradients, self.memory, self.config.learning_rate)
        return loss

    def scores(self, x):  # (B, T) -> (B, C)
        return forward(self.weights, x)[1]

    def state(self):
        return {**self.weights, **{f"rmsprop.{name}": m for name, m in self.memory.items()}}

    def restore(self, saved):
        for name in self.weights:
            self.weights[name] = saved[name].numpy().copy()
            self.memory[name] = saved[f"rmsprop.{name}"].numpy().copy()
