"""Transformer, Vaswani et al. 2017 (arXiv:1706.03762), version 1: by hand.

NumPy. Every operation returns its value and a function `back`, which takes the gradient of the
loss by that value, adds up the gradients of the weights and returns that by the operation's input.
Its mistakes are kept; papers/transformer/evidence/deviations.py names them.

Symbols: d_model, N layers (Sec. 3.1); h heads, d_k = d_model / h (Sec. 3.2.2); d_ff (Sec. 3.3).
Shapes:  B batch, S source, T target, H heads, K = d_k, D = d_model, F = d_ff, V words.
"""

from dataclasses import dataclass

import numpy as np

PAD = 0  # the word that fills up short sentences
HIDDEN = -10_000.0  # added to the scores of positions that must not be seen


@dataclass(frozen=True)
class Config:  # defaults: Table 3, row "base", and Sec. 5
    d_model: int = 512
    d_ff: int = 2048
    heads: int = 8
    layers: int = 6
    smoothing: float = 0.1  # Sec. 5.4
    warmup: int = 4000  # Sec. 5.3
    rate: float = 1.0  # times Eq. 3
    batch: int = 25_000  # tokens on either side, padding included (Sec. 5.1)
    steps: int = 100_000

    def __post_init__(self):
        if self.d_model % self.heads or self.d_model % 2:
            raise ValueError("d_model must be even and a multiple of heads")


def initialise(config, symbols, rng):
    """Weights by name. One layer of each kind is drawn, and the others are copies of it."""
    d, f = config.d_model, config.d_ff

    def matrix(rows, columns):
        bound = np.sqrt(6 / (rows + columns))
        return rng.uniform(-bound, bound, (rows, columns))

    def attention(name):
        return {f"{name}.{w}": matrix(d, d) for w in ("w_q", "w_k", "w_v", "w_o")}

    def norm(name):
        return {f"{name}.gain": np.ones(d), f"{name}.bias": np.zeros(d)}

    feed = {"w_1": matrix(d, f), "b_1": np.zeros(f), "w_2": matrix(f, d), "b_2": np.zeros(d)}
    feed = {f"feed.{name}": w for name, w in feed.items()} | norm("feed")
    encoder = attention("self") | norm("self") | feed
    decoder = encoder | attention("cross") | norm("cross")
    weights = {"embedding": rng.standard_normal((symbols, d)) * d**-0.5}
    for kind, layer in (("encoder", encoder), ("decoder", decoder)):
        for n in range(config.layers):
            weights |= {f"{kind}.{n}.{name}": w.copy() for name, w in layer.items()}
    return {name: w.astype(np.float32) for name, w in weights.items()}


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def flat(x):
    """(B, T, D or F or V) -> (B T, D or F or V)."""
    return x.reshape(-1, x.shape[-1])


def positions(length, d_model):
    """PE(pos, 2i) = sin(pos / 10000^(2i / d_model)), PE(pos, 2i + 1) = cos(...): (T, D)."""
    angle = np.arange(length)[:, None] / 10000 ** (np.arange(0, d_model, 2) / d_model)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(length, d_model)


class Transformer:
    """Encoder and decoder (Fig. 1) over one shared embedding (Sec. 3.4)."""

    def __init__(self, config, symbols, rng):
        self.config = config
        self.weights = initialise(config, symbols, rng)
        self.gradients = {name: np.zeros_like(w) for name, w in self.weights.items()}

    def product(self, name, x):
        """x W."""
        w = self.weights[name]

        def back(dy):
            self.gradients[name] += flat(x).T @ flat(dy)  # (D or F, D or F)
            return dy @ w.T  # (B, T, D or F)

        return x @ w, back  # (B, T, D or F)

    def norm(self, name, x, epsilon=1e-6):
        """gain (x - mean) / (standard deviation + epsilon) + bias."""
        gain, d = self.weights[f"{name}.gain"], x.shape[-1]
        centred = x - x.mean(axis=-1, keepdims=True)
        deviation = x.std(axis=-1, keepdims=True, ddof=1)
        u = deviation + epsilon

        def back(dy):
            self.gradients[f"{name}.gain"] += flat(dy * centred / u).sum(axis=0)
            self.gradients[f"{name}.bias"] += flat(dy).sum(axis=0)
            dn = dy * gain
            # Through the numerator, and through the deviation: d s / d x = (x - mean) / ((D-1) s).
            along = (dn * centred).sum(axis=-1, keepdims=True)
            dc = dn / u - centred * along / (u * u * (d - 1) * deviation)
            return dc - dc.mean(axis=-1, keepdims=True)

        return gain * centred / u + self.weights[f"{name}.bias"], back

    def split(self, x):
        """(B, T, D) -> (B, H, T, K)."""
        return x.reshape(*x.shape[:2], self.config.heads, -1).transpose(0, 2, 1, 3)

    def merge(self, x):
        """(B, H, T, K) -> (B, T, D)."""
        x = x.transpose(0, 2, 1, 3)
        return x.reshape(*x.shape[:2], -1)

    def attention(self, name, x, memory, hidden):
        """softmax(Q K^T / sqrt(d_k)) V (Eq. 1), h heads in parallel (Sec. 3.2.2).

        `back` returns two gradients: by `x` (B, T, D) and by `memory` (B, S, D).
        """
        q, back_q = self.product(f"{name}.w_q", x)
        k, back_k = self.product(f"{name}.w_k", memory)
        v, back_v = self.product(f"{name}.w_v", memory)
        q, k, v = self.split(q), self.split(k), self.split(v)  # (B, H, T, K), twice (B, H, S, K)
        scale = np.float32(1 / np.sqrt(q.shape[-1]))
        weights = softmax(q @ k.swapaxes(-2, -1) * scale + hidden[:, None])  # (B, H, T, S): Eq. 1
        out, back_o = self.product(f"{name}.w_o", self.merge(weights @ v))  # (B, T, D)

        def back(dy):
            dy = self.split(back_o(dy))
            dw = dy @ v.swapaxes(-2, -1)  # (B, H, T, S)
            ds = weights * (dw - (dw * weights).sum(axis=-1, keepdims=True)) * scale  # softmax
            # (B, H, T, K), twice (B, H, S, K)
            dq, dk, dv = ds @ k, ds.swapaxes(-2, -1) @ q, weights.swapaxes(-2, -1) @ dy
            return back_q(self.merge(dq)), back_k(self.merge(dk)) + back_v(self.merge(dv))

        return out, back

    def feed(self, name, x):
        """max(0, x W_1 + b_1) W_2 + b_2 (Eq. 2)."""
        z, back_1 = self.product(f"{name}.w_1", x)
        a = np.maximum(z + self.weights[f"{name}.b_1"], 0)
        y, back_2 = self.product(f"{name}.w_2", a)

        def back(dy):
            self.gradients[f"{name}.b_2"] += flat(dy).sum(axis=0)
            dz = back_2(dy) * (a > 0)
            self.gradients[f"{name}.b_1"] += flat(dz).sum(axis=0)
            return back_1(dz)

        return y + self.weights[f"{name}.b_2"], back

    def attend(self, name, x, memory, hidden):
        """LayerNorm(x + Attention(x, memory)): the norm comes after the sum (Sec. 3.1)."""
        out, back_attention = self.attention(name, x, memory, hidden)
        y, back_norm = self.norm(name, x + out)

        def back(dy):
            dy = back_norm(dy)
            dx, dm = back_attention(dy)
            return dy + dx, dm

        return y, back

    def transform(self, name, x):
        """LayerNorm(x + FeedForward(x))."""
        out, back_feed = self.feed(name, x)
        y, back_norm = self.norm(name, x + out)

        def back(dy):
            dy = back_norm(dy)
            return dy + back_feed(dy)

        return y, back

    def embed(self, tokens):
        """Rows of the embedding plus positions (Sec. 3.5): (B, T) -> (B, T, D)."""
        x = self.weights["embedding"][tokens]
        x = x + positions(tokens.shape[1], x.shape[-1]).astype(x.dtype)

        def back(dy):
            np.add.at(self.gradients["embedding"], tokens, dy)

        return x, back

    def encode(self, source):
        """(B, S) -> (B, S, D)."""
        x, back_embedding = self.embed(source)
        hidden, backs = bar_padding(source), []
        for n in range(self.config.layers):
            x, back_self = self.attend(f"encoder.{n}.self", x, x, hidden)
            x, back_feed = self.transform(f"encoder.{n}.feed", x)
            backs.append((back_self, back_feed))

        def back(dx):
            for back_self, back_feed in reversed(backs):
                dx = sum(back_self(back_feed(dx)))  # x is both the queries' and the memory's side
            back_embedding(dx)

        return x, back

    def decode(self, inputs, memory, source, last=False):
        """(B, T), (B, S, D), (B, S) -> (B, T or 1, V). `back` returns the gradient by memory."""
        x, back_embedding = self.embed(inputs)
        steps = np.arange(inputs.shape[1])
        future = HIDDEN * (steps > steps[:, None])[None].astype(x.dtype)  # (1, T, T)
        hidden, backs = bar_padding(source), []
        for n in range(self.config.layers):
            x, back_self = self.attend(f"decoder.{n}.self", x, x, future)
            x, back_cross = self.attend(f"decoder.{n}.cross", x, memory, hidden)
            x, back_feed = self.transform(f"decoder.{n}.feed", x)
            backs.append((back_self, back_cross, back_feed))
        embedding = self.weights["embedding"]

        def back(dy):
            self.gradients["embedding"] += flat(dy).T @ flat(x)  # (V, D)
            dx, dm = dy @ embedding, 0  # (B, T, D)
            for back_self, back_cross, back_feed in reversed(backs):
                dx, more = back_cross(back_feed(dx))
                dx, dm = sum(back_self(dx)), dm + more
            back_embedding(dx)
            return dm

        return (x[:, -1:] if last else x) @ embedding.T, back  # Sec. 3.4

    def scores(self, source, inputs):
        return self.decode(inputs, self.encode(source)[0], source)[0]

    def start(self, source):
        return {"source": source, "memory": self.encode(source)[0]}

    def step(self, cache, prefix):
        """Scores (B, V) of the next token: everything before it is computed again."""
        return self.decode(prefix, cache["memory"], cache["source"], last=True)[0][:, 0]

    def loss_and_gradients(self, source, target):
        """Nats per position of the target, with label smoothing; the weights' gradients."""
        for g in self.gradients.values():
            g[...] = 0
        memory, back_encoder = self.encode(source)
        scores, back_decoder = self.decode(target[:, :-1], memory, source)
        loss, dy = smoothed_loss(scores, target[:, 1:], self.config.smoothing)
        back_encoder(back_decoder(dy))
        return loss, self.gradients


def bar_padding(source):
    """(B, S) -> (B, 1, S)."""
    return HIDDEN * (source == PAD)[:, None].astype(np.float32)


def smoothed_loss(scores, targets, smoothing):
    """Cross-entropy (Sec. 5.4) as the mean over all positions, and its gradient by the scores."""
    p = softmax(scores)  # (B, T, V)
    wanted = np.full_like(p, smoothing / p.shape[-1])
    np.put_along_axis(wanted, targets[..., None], 1 - smoothing + smoothing / p.shape[-1], axis=-1)
    loss = -(wanted * np.log(p + 1e-20)).sum(axis=-1).mean()
    return float(loss), (p - wanted) / targets.size


def learning_rate(step, config):
    """rate d_model^-0.5 min(step^-0.5, step warmup^-1.5), step from 1 (Eq. 3)."""
    return config.rate * config.d_model**-0.5 * min(step**-0.5, step * config.warmup**-1.5)


class Learner:
    """Adam with its usual constants (Kingma & Ba 2015, Algorithm 1)."""

    def __init__(self, config, net, beta1=0.9, beta2=0.999, epsilon=1e-8):
        self.config, self.net = config, net
        self.constants = beta1, beta2, epsilon
        self.m = {name: np.zeros_like(w) for name, w in net.weights.items()}
        self.v = {name: np.zeros_like(w) for name, w in net.weights.items()}

    def step(self, source, target, i):
        """Learn from the i-th `source` (B, S), `target` (B, T + 1); the loss in nats a position."""
        loss, gradients = self.net.loss_and_gradients(source, target)
        (beta1, beta2, epsilon), t = self.constants, i + 1
        rate = learning_rate(t, self.config)
        for name, g in gradients.items():
            m, v = self.m[name], self.v[name]
            m += (1 - beta1) * (g - m)
            v += (1 - beta2) * (g * g - v)
            ratio = (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + epsilon)
            self.net.weights[name] -= np.float32(rate) * ratio
        return loss

    def state(self):
        parts = {"weights": self.net.weights, "m": self.m, "v": self.v}
        return {f"{part}.{name}": x for part, xs in parts.items() for name, x in xs.items()}

    def restore(self, saved):
        for name, x in self.state().items():
            x[...] = saved[name].numpy()
