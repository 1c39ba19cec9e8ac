"""Long short-term memory, version 2: the forget gate of Gers, Schmidhuber and Cummins 2000.

Against version 1: cells can forget (bias 1 at the start), the whole gradient goes back through
the chunk (Graves and Schmidhuber 2005), plain tanh, layers on top of each other. The gradient of
a layer is written by hand, so that the gradient of each matrix is one product over all steps.

Symbols: x_t a layer's input, h_t its outputs, c_t the cells, y_t the scores of the next symbol;
         o, i, f the output, input and forget gate, g what is offered to the cells.
Shapes:  B streams, T steps, V symbols, L layers, H cells of a layer, I inputs of a layer.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.autograd.function import Function, once_differentiable
from torch.nn import Module, ModuleList, Parameter

from papers.rnn.version2.model import (
    carry,
    chunk,
    clip_gradients,
    learning_rate,
    loss,
    optimizer,
    streams,
)

__all__ = ["LSTM", "Config", "Layer", "Learner", "carry", "chunk", "loss", "streams"]


@dataclass(frozen=True)
class Config:  # defaults: char-rnn's train.lua, which made LSTMs popular for text
    hidden: int = 128
    layers: int = 2
    dropout: float = 0.0  # between layers and before the scores, never from step to step
    forget_bias: float = 1.0  # Gers et al. 2000, Sec. 4: begin with open gates
    sequence: int = 50  # steps of backpropagation through time
    batch: int = 50  # streams
    learning_rate: float = 2e-3
    clip: float = 5.0
    input_std: float | None = None  # of the first layer's w_x at the start; None: 1 / sqrt(V)
    steps: int = 21_000  # 50 passes over Tiny Shakespeare
    words: int = 0  # how many words are tokens beside the characters; 0: characters alone


GATES, TORCH = "oifg", "ifgo"  # in which order they stand here, and in torch.nn.LSTM


def tanh(x):
    """tanh(x) = 2 sigmoid(2 x) - 1, in place: on a CPU torch's tanh takes three times as long."""
    return x.mul_(2).sigmoid_().mul_(2).sub_(1)


class Recurrence(Function):
    """All steps of a layer: x (T, I, B), weights, h and c (H, B) -> outputs (T, H, B), c (H, B).

    Columns are streams, as in the papers' equations: a product then reads the large matrix as it
    lies, and each gate is one piece of memory. The four gates stand in the order o, i, f, g.
    """

    @staticmethod
    def forward(ctx, x, w_x, w_h, b, h, c):
        steps, hidden, begin, b = len(x), len(h), (h, c), b[:, None]
        gates = x.new_empty(steps, 4, *h.shape)  # (T, 4, H, B)
        outputs, cells, squashed = (x.new_empty(steps, *h.shape) for _ in range(3))  # (T, H, B)
        for x_t, z, h_t, c_t, s in zip(x, gates.flatten(1, 2), outputs, cells, squashed):
            torch.addmm(b, w_x, x_t, out=z).addmm_(w_h, h)  # (H, B): h; z = W_x x_t + W_h h + b
            z[: 3 * hidden].sigmoid_()
            o, i, f, g = z.chunk(4)
            c = torch.mul(f, c, out=c_t).addcmul_(i, tanh(g))  # f c_(t-1) + i g
            h = torch.mul(o, tanh(s.copy_(c)), out=h_t)  # o tanh(c_t)
        ctx.save_for_backward(x, w_x, w_h, *begin, gates, outputs, cells, squashed)
        return outputs, c.clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, d_outputs, dc):
        x, w_x, w_h, h, c, gates, outputs, cells, squashed = ctx.saved_tensors
        w_x, w_h = w_x.t().contiguous(), w_h.t().contiguous()  # (I, 4 H), (H, 4 H)
        d_x = torch.empty_like(x) if ctx.needs_input_grad[0] else None
        d_gates, dh = torch.empty_like(gates), torch.zeros_like(h)
        before = [c, *cells[:-1]]
        for t in reversed(range(len(x))):
            z, d, s = gates[t], d_gates[t], squashed[t]
            o, i, f, g = z.unbind(0)
            d_o, d_i, d_f, d_g = d.unbind(0)
            dh = dh + d_outputs[t]
            dc = dc.addcmul(dh, torch.addcmul(o, outputs[t], s, value=-1))  # o (1 - s^2)
            # Slopes of what is inside: z (1 - z) for the gates, 1 - g^2 for what is offered.
            torch.addcmul(z[:3], z[:3], z[:3], value=-1, out=d[:3])
            d_o.mul_(s).mul_(dh)
            d_i.mul_(g)
            d_f.mul_(before[t])
            torch.addcmul(i, i * g, g, value=-1, out=d_g)
            d[1:].mul_(dc)
            dc = dc * f  # the constant error carousel, times f
            if d_x is not None:
                d_x[t] = w_x @ d.flatten(0, 1)  # (I, B)
            dh = w_h @ d.flatten(0, 1)  # (H, B)
        rows = d_gates.flatten(1, 2).transpose(1, 2).flatten(0, 1)  # (T B, 4 H)
        read = torch.cat([h[None], outputs[:-1]])  # (T, H, B)
        d_w_x = rows.t() @ x.transpose(1, 2).flatten(0, 1)  # (4 H, I)
        d_w_h = rows.t() @ read.transpose(1, 2).flatten(0, 1)  # (4 H, H)
        return d_x, d_w_x, d_w_h, rows.sum(0), dh, dc


class Layer(Module):
    """One layer of cells; reads real numbers, so it can stand behind any embedding."""

    def __init__(self, inputs, hidden, forget_bias=1.0, input_std=None):
        super().__init__()
        self.w_x, self.w_h = (Parameter(torch.empty(4 * hidden, n)) for n in (inputs, hidden))
        self.b = Parameter(torch.empty(4 * hidden))
        self.initialise(forget_bias, inputs**-0.5 if input_std is None else input_std)

    def initialise(self, forget_bias, input_std):
        """Orthogonal recurrence, gate by gate; biases 0, but open forget gates."""
        torch.nn.init.normal_(self.w_x, std=input_std)
        torch.nn.init.zeros_(self.b)
        hidden = self.w_h.shape[1]
        for gate in self.w_h.split(hidden):
            torch.nn.init.orthogonal_(gate)
        torch.nn.init.constant_(self.b[2 * hidden : 3 * hidden], forget_bias)

    def weights(self):
        return self.w_x, self.w_h, self.b  # (4 H, I), (4 H, H), (4 H,)

    def forward(self, x, state=None):
        """Outputs (B, T, H) after `x` (B, T, I) from `state` (B, 2, H), h and c; the new state."""
        state = self.b.new_zeros(len(x), 2, self.w_h.shape[1]) if state is None else state
        h, c = state.permute(1, 2, 0)  # (H, B), (H, B)
        x = x.permute(1, 2, 0)  # (T, I, B)
        outputs, c = Recurrence.apply(x, *self.weights(), h, c)  # (T, H, B), (H, B)
        state = torch.stack([outputs[-1], c]).permute(2, 0, 1)  # (B, 2, H)
        return outputs.permute(2, 0, 1), state  # (B, T, H), (B, 2, H)


def from_torch(weights, n=0, order=TORCH):
    """A Layer with those of layer `n` of a torch.nn.LSTM, whose gates stand in another order and
    whose two biases are only ever added. Keras has torch's order, with g called c; ONNX i, o, f, g;
    TensorFlow's old cells i, g, f, o."""
    named = [weights[f"{name}_l{n}"] for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    w_x, w_h, b, more = (torch.cat([w.chunk(4)[order.index(g)] for g in GATES]) for w in named)
    layer = Layer(w_x.shape[1], w_h.shape[1])
    layer.load_state_dict({"w_x": w_x, "w_h": w_h, "b": b + more})
    return layer


class LSTM(Module):
    """Layers on top of each other, and scores from the last one's outputs."""

    def __init__(self, config, symbols):
        super().__init__()
        h, self.config = config.hidden, config
        first = Layer(symbols, h, config.forget_bias, config.input_std)
        others = [Layer(h, h, config.forget_bias) for _ in range(config.layers - 1)]
        self.layers = ModuleList([first, *others])
        self.w_y, self.b_y = Parameter(torch.empty(h, symbols)), Parameter(torch.zeros(symbols))
        torch.nn.init.normal_(self.w_y, std=h**-0.5)

    def drop(self, x):
        p = self.config.dropout
        return F.dropout(x, p, self.training) if p else x

    def begin(self, streams):
        """The state before any text (B, L, 2, H): of each layer h and c."""
        return self.b_y.new_zeros(streams, len(self.layers), 2, len(self.w_y))

    def forward(self, tokens, state=None):
        """Scores (B, T, V) after `tokens` (B, T) from `state` (B, L, 2, H); the new state."""
        state = self.begin(len(tokens)) if state is None else state
        x, ended = F.one_hot(tokens, len(self.b_y)).to(self.b_y.dtype), []  # (B, T, V)
        for layer, from_state in zip(self.layers, state.unbind(1), strict=True):
            x, last = layer(x, from_state)  # (B, T, H), (B, 2, H)
            x = self.drop(x)
            ended.append(last)
        return x @ self.w_y + self.b_y, torch.stack(ended, 1)  # (B, T, V), (B, L, 2, H)


class Learner:
    """Truncated backpropagation through time over contiguous streams, as in papers/rnn."""

    def __init__(self, config, net, masters, seed=0):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.optimizer = optimizer(masters.masters, config)
        self.carried = {"state": net.begin(config.batch)}

    def step(self, rows, i):
        """Learn from the i-th chunk of the streams; its loss in nats per character."""
        if self.config.dropout:
            torch.manual_seed(self.seed * 1_000_003 + i)  # the same after a restart
        inputs, targets, anew = chunk(rows, i, self.config.sequence)
        scores, self.carried["state"] = self.net(inputs, carry(self.carried["state"], anew))
        value = loss(scores, targets)
        value.backward()
        self.masters.take_gradients()
        clip_gradients(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
