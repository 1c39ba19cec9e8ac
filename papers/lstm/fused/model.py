"""Long short-term memory, fused: version 2's mathematics, at the speed of the processor.

Against version 2: what a step reads stands in one column, x_t above h_(t-1) above 1, so a step is
one product, and no bias is added. Where there is a compiler, train.py has
kernel.py built, and all steps of a layer are one call of C++; `read` and `send_back` are the same
in Python.

Symbols: x_t a layer's input, h_t its outputs, c_t the cells, y_t the scores of the next symbol;
         o, i, f the output, input and forget gate, g what is offered to the cells.
Shapes:  B streams, T steps, V symbols, L layers, H cells of a layer, I inputs of a layer,
         R = I + H + 1, rounded up to be even: the rows that a step reads.
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


GATES, TORCH = "oifg", "ifgo"  # in which order they stand here, and in torch.nn.LSTM
FUSED = None  # the functions of kernel.py, once train.py has had them built


def tanh(x):
    """tanh(x) = 2 sigmoid(2 x) - 1, in place: on a CPU torch's tanh takes three times as long."""
    return x.mul_(2).sigmoid_().mul_(2).sub_(1)


def built(name, like):
    """The C++ function of that name for numbers as those of `like`; None where there is none."""
    kind = {torch.float32: "float32", torch.bfloat16: "bfloat16"}.get(like.dtype)
    here = FUSED is not None and kind and like.device.type == "cpu"
    return getattr(FUSED, f"{name}_{kind}") if here else None


class Recurrence(Function):
    """All steps of a layer: x (T, I, B), weights, h and c (H, B) -> outputs (T, H, B), c (H, B).

    What a step reads, x_t, h_(t-1) and a 1, stands in one column for each stream: W_x x + W_h h + b
    is then one product. The four gates stand in the order o, i, f, g.
    """

    @staticmethod
    def forward(ctx, x, w_x, w_h, b, h, c):
        (steps, inputs, streams), hidden = x.shape, len(h)
        w = torch.cat([w_x, w_h, b[:, None]], 1)
        w = F.pad(w, (0, w.shape[1] % 2))  # (4 H, R): bfloat16 is multiplied in pairs
        seen = x.new_zeros(w.shape[1], steps + 1, streams)  # (R, T + 1, B)
        seen[:inputs, :-1], seen[inputs + hidden] = x.transpose(0, 1), 1
        outputs = seen[inputs : inputs + hidden].transpose(0, 1)  # (T + 1, H, B)
        exact = torch.promote_types(x.dtype, torch.float32)
        cells = torch.empty(outputs.shape, dtype=exact, device=x.device)  # (T + 1, H, B)
        outputs[0], cells[0] = h, c
        gates = x.new_empty(steps, 4, hidden, streams)  # (T, 4, H, B)
        if fused := built("forward", x):
            fused(gates, seen, cells, w, steps, streams, hidden, inputs)
        else:
            Recurrence.read(gates, seen, outputs, cells, w)
        ctx.save_for_backward(gates, seen, cells, w)
        ctx.inputs = inputs
        return outputs[1:], cells[-1].to(x.dtype)  # (T, H, B), (H, B)

    @staticmethod
    def read(gates, seen, outputs, cells, w):
        """All steps forwards: fills gates, and outputs and cells from the second on."""
        for t, z in enumerate(gates):  # (4, H, B): z
            torch.mm(w, seen[:, t], out=z.flatten(0, 1))
            z[:3].sigmoid_()
            o, i, f, g = z.unbind(0)
            torch.addcmul(f * cells[t], i, tanh(g), out=cells[t + 1])  # f c_(t-1) + i g
            torch.mul(o, tanh(cells[t + 1].clone()), out=outputs[t + 1])  # o tanh(c_t)

    @staticmethod
    @once_differentiable
    def backward(ctx, d_outputs, dc):
        (gates, seen, cells, w), inputs = ctx.saved_tensors, ctx.inputs
        steps, _, hidden, streams = gates.shape
        d_gates = gates.new_empty(4 * hidden, steps, streams)  # (4 H, T, B)
        d_x = gates.new_empty(steps, inputs, streams) if ctx.needs_input_grad[0] else None
        dh, dc = torch.zeros_like(cells[0]), torch.empty_like(cells[0]).copy_(dc)  # (H, B), (H, B)
        back, d_outputs = w.t().contiguous(), d_outputs.contiguous()  # (R, 4 H), (T, H, B)
        if fused := built("backward", w):
            at_x = gates if d_x is None else d_x
            sizes = steps, streams, hidden, inputs, d_x is not None
            fused(d_gates, at_x, dh, dc, d_outputs, gates, cells, back, *sizes)
        else:
            Recurrence.send_back(d_gates, d_x, dh, dc, d_outputs, gates, cells, back, inputs)
        d, read = d_gates.flatten(1), seen[:, :-1].flatten(1).t()  # (4 H, T B), (T B, R)
        d_w_x = d @ read[:, :inputs]  # (4 H, I)
        d_w_h = d @ read[:, inputs : inputs + hidden]  # (4 H, H)
        return d_x, d_w_x, d_w_h, d.sum(1), dh.to(w.dtype), dc.to(w.dtype)

    @staticmethod
    def send_back(d_gates, d_x, dh, dc, d_outputs, gates, cells, back, inputs):
        """All steps backwards: fills d_gates and d_x, and brings dh and dc back to the first."""
        for t in reversed(range(len(gates))):
            z = gates[t]  # (4, H, B)
            o, i, f, g = z.unbind(0)
            s = tanh(cells[t + 1].clone())
            dh += d_outputs[t]
            dc.addcmul_(dh, o - o * s * s)
            d = torch.addcmul(z, z, z, value=-1)  # the slopes: z (1 - z) of the gates, ...
            torch.addcmul(i, i * g, g, value=-1, out=d[3])  # ... 1 - g^2 of what is offered
            d[0] *= s * dh
            d[1] *= g
            d[2] *= cells[t]
            d[1:] *= dc
            dc *= f  # the constant error carousel, times f
            d_gates[:, t] = d = d.flatten(0, 1)  # (4 H, B): d
            d_seen = back @ d  # (R, B)
            if d_x is not None:
                d_x[t] = d_seen[:inputs]
            dh.copy_(d_seen[inputs : inputs + len(dh)])


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
