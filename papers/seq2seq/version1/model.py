"""Sequence to sequence, Sutskever, Vinyals and Le 2014 (arXiv:1409.3215), version 1.

The paper's recipe, from basic operations: two networks of LSTM layers, the source reversed, uniform
weights, plain gradient descent. What early implementations got wrong is kept;
papers/seq2seq/evidence/deviations.py names it.

Symbols: v the state after the source (Sec. 2), which begins the decoder; i, f, o the input, forget
         and output gate of a cell c, g what is offered to it, h its output (Graves 2013).
Shapes:  B pairs of a batch, S source, T target tokens, V tokens of the vocabulary, E width of an
         embedding, L layers, H cells of a layer, I inputs of a layer.
"""

from dataclasses import dataclass

import torch
from torch.nn import Module, ModuleList, Parameter

PAD = 0  # the token that fills up short sentences


@dataclass(frozen=True)
class Config:  # defaults: Sec. 3.4
    hidden: int = 1000
    layers: int = 4
    width: int = 1000  # of the embeddings
    bound: float = 0.08  # weights begin between minus and plus this
    batch: int = 2_500  # tokens on either side, padding included: about 128 sentences
    rate: float = 0.7
    clip: float = 5.0
    steps: int = 700_000  # 7.5 passes over 12 million sentences


def uniform(bound, *shape):
    return Parameter(torch.empty(shape).uniform_(-bound, bound))


def backwards(source):
    """The words of each sentence in the opposite order (Sec. 3.3); padding stays behind them."""
    at = torch.arange(source.shape[1], device=source.device)  # (S,)
    mirrored = (source != PAD).sum(1, keepdim=True) - 1 - at  # (B, S)
    return source.gather(1, torch.where(mirrored < 0, at, mirrored))  # (B, S)


class Layer(Module):
    """LSTM cells side by side, step by step."""

    def __init__(self, inputs, hidden, bound):
        super().__init__()
        self.w_x, self.w_h = uniform(bound, inputs, 4 * hidden), uniform(bound, hidden, 4 * hidden)
        self.b = uniform(bound, 4 * hidden)

    def forward(self, x, state):
        """Outputs (B, T, H) after `x` (B, T, I) from `state` (B, 2, H), h and c; the new state."""
        (h, c), outputs = state.unbind(1), []  # (B, H), (B, H)
        for x_t in x.unbind(1):
            z = x_t @ self.w_x + h @ self.w_h + self.b  # (B, 4 H)
            i, f, o, g = z.chunk(4, 1)  # (B, H): each of them
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()  # (B, H)
            h = o.sigmoid() * c.tanh()  # (B, H)
            outputs.append(h)
        return torch.stack(outputs, 1), torch.stack([h, c], 1)  # (B, T, H), (B, 2, H)


class Network(Module):
    """An embedding and layers on top of each other."""

    def __init__(self, config, symbols):
        super().__init__()
        width, hidden, bound = config.width, config.hidden, config.bound
        self.embedding = uniform(bound, symbols, width)
        sizes = [width] + [hidden] * (config.layers - 1)
        self.layers = ModuleList(Layer(size, hidden, bound) for size in sizes)

    def begin(self, count):
        """The state before any word (B, L, 2, H)."""
        hidden = len(self.layers[0].w_h)
        return self.embedding.new_zeros(count, len(self.layers), 2, hidden)

    def forward(self, tokens, state):
        """Outputs (B, T, H) after `tokens` (B, T) from `state` (B, L, 2, H); the new state."""
        x, ended = self.embedding[tokens], []  # (B, T, E)
        for layer, from_state in zip(self.layers, state.unbind(1)):
            x, last = layer(x, from_state)  # (B, T, H), (B, 2, H)
            ended.append(last)
        return x, torch.stack(ended, 1)  # (B, T, H), (B, L, 2, H)


class Seq2Seq(Module):
    """Two networks (Sec. 2): one reads a sentence into its state, one writes from there."""

    def __init__(self, config, symbols):
        super().__init__()
        self.encoder, self.decoder = Network(config, symbols), Network(config, symbols)
        self.w_y = uniform(config.bound, config.hidden, symbols)
        self.b_y = uniform(config.bound, symbols)

    def encode(self, source):
        """The state v (B, L, 2, H) after `source` (B, S), whose padding is read like words."""
        return self.encoder(backwards(source), self.encoder.begin(len(source)))[1]

    def scores(self, source, inputs):
        """Scores (B, T, V) of the tokens after `inputs` (B, T), given `source` (B, S)."""
        return self.decoder(inputs, self.encode(source))[0] @ self.w_y + self.b_y

    def start(self, source):
        """All that is kept of `source` (B, S): the state after it."""
        return {"state": self.encode(source)}

    def step(self, cache, prefix):
        """Scores (B, V) after the last token of `prefix` (B, T); the state holds those before."""
        x, cache["state"] = self.decoder(prefix[:, -1:], cache["state"])  # (B, 1, H), (B, L, 2, H)
        return x[:, 0] @ self.w_y + self.b_y  # (B, V)


def loss(scores, targets):
    """-log p(target | source) as the mean over sentences (Sec. 3.2): of `scores` (B, T, V) and
    `targets` (B, T), all positions of a sentence added up."""
    log_p = scores.float().log_softmax(-1)  # (B, T, V)
    chosen = log_p.gather(2, targets[..., None])[..., 0]  # (B, T)
    return -chosen.sum(1).mean()


def learning_rate(step, config):
    """`rate` for five of 7.5 passes, then halved every half pass (Sec. 3.4); step from 1."""
    done = 7.5 * (step - 1) / config.steps
    return config.rate * 0.5 ** max(0, int(2 * (done - 5) + 1))


class Learner:
    """Gradient descent without momentum (Sec. 3.4)."""

    def __init__(self, config, net, masters):
        self.config, self.net, self.masters = config, net, masters
        self.optimizer = torch.optim.SGD(masters.masters, lr=config.rate)

    def step(self, source, target, i):
        """Learn from the i-th `source` (B, S), `target` (B, T + 1); its loss in nats a position."""
        value = loss(self.net.scores(source, target[:, :-1]), target[:, 1:])
        value.backward()
        self.masters.take_gradients()
        for weight in self.masters.masters:
            torch.nn.utils.clip_grad_norm_([weight], self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i + 1, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach() / (target.shape[1] - 1)
