"""Gated recurrent units, Cho et al. 2014, version 2: the form that libraries compute, fast.

Against version 1: the reset gate acts after the product, so that one product per step serves both
gates and the candidate; biases; layers with dropout between them; many streams, Adam, clipping by
norm. `Recurrence` has its derivatives by hand: those of the weights wait for the end of the chunk,
where all steps are one large product. Weights stand in torch's order, see `load_torch`.

Symbols: x_t a character, h_t the state, y_t the scores of the next one; r the reset gate, z the
         update gate, n the candidate (h~ in the paper), a what the inputs say to r, z and n, m what
         the state says to n.
Shapes:  B streams, T steps, V symbols, I inputs of a layer, H hidden units, L layers.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import Module, ModuleList, Parameter

from papers.lstm.version2.model import Learner, streams

__all__ = ["GRU", "Config", "Layer", "Learner", "load_torch", "streams"]

TORCH_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")  # of each layer of torch.nn.GRU


@dataclass(frozen=True)
class Config:  # defaults: Cho et al., Sec. 4.1; clip: Chung et al., Sec. 4.2; the rest char-rnn's
    hidden: int = 1000
    layers: int = 1
    sequence: int = 50  # steps of backpropagation through time
    batch: int = 64  # streams
    learning_rate: float = 2e-3
    clip: float = 1.0
    dropout: float = 0.0  # between layers, and before the scores
    input_std: float = 0.01  # of what reads the inputs, at the start
    steps: int = 21_000
    words: int = 0  # how many words are tokens beside the characters; 0: characters alone


class Recurrence(Function):
    """r = sigmoid(a_r + h U_r),  z = sigmoid(a_z + h U_z),  n = tanh(a_n + r * (h U_n + b_n)),
    h_t = (1 - z) * n + z * h.
    """

    @staticmethod
    def forward(ctx, a, u, b_n, h):
        """All states (T, B, H) and the last (B, H), from the state `h` (B, H) before them.

        `a` (T, B, 3 H) is what the inputs say; r, z and n are written over it, so give it a
        tensor that nobody else needs.
        """
        (t, b, _), size = a.shape, h.shape[1]
        states, m = a.new_empty(t + 1, b, size), a.new_empty(t, b, size)
        states[0], said = h, a.new_empty(b, 3 * size)
        for before, after, a_t, m_t in by_step(states[:-1], states[1:], a, m):
            said = torch.mm(before, u, out=said)  # (B, 3 H): it alone waits for the step before
            gates, n = a_t.split([2 * size, size], 1)
            gates.add_(said[:, : 2 * size]).sigmoid_()
            r, z = gates.split(size, 1)
            torch.add(said[:, 2 * size :], b_n, out=m_t)
            n.addcmul_(r, m_t).tanh_()
            torch.lerp(n, before, z, out=after)  # n + z (h - n)
        ctx.save_for_backward(u, a, m, states)
        return states[1:], states[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx, d_states, d_last):
        """Derivatives of `a` (T, B, 3 H), `u` (H, 3 H), `b_n` (H,) and the first state (B, H)."""
        u, a, m, states = ctx.saved_tensors
        size, u_t = len(u), u.t().contiguous()
        da, ds = torch.empty_like(a), torch.empty_like(a)  # for the inputs, for the states
        dh, kept, change = d_last.clone(), torch.empty_like(d_last), torch.empty_like(d_last)
        steps = by_step(d_states, states[:-1], a, m, da, ds)
        for d_state, before, a_t, m_t, da_t, ds_t in reversed(steps):
            (r, z, n), (dr, dz, dm) = a_t.split(size, 1), ds_t.split(size, 1)
            gates, d_gates, dn = a_t[:, : 2 * size], ds_t[:, : 2 * size], da_t[:, 2 * size :]
            dh += d_state
            torch.mul(dh, z, out=kept)  # dh z goes back as it is; dh (1 - z) goes through n
            torch.sub(before, n, out=change)
            torch.mul(dh, change, out=dz)
            torch.ops.aten.tanh_backward(dh.sub_(kept), n, grad_input=dn)
            torch.mul(dn, m_t, out=dr)
            torch.mul(dn, r, out=dm)
            torch.ops.aten.sigmoid_backward(d_gates, gates, grad_input=d_gates)
            dh = torch.addmm(kept, ds_t, u_t, out=dh)  # (B, H)
        da[..., : 2 * size] = ds[..., : 2 * size]  # r and z add up what inputs and state say
        du = states[:-1].flatten(0, 1).t() @ ds.flatten(0, 1)  # (H, 3 H): all steps at once
        return da, du, ds[..., 2 * size :].sum((0, 1)), dh


def by_step(*tensors):
    """The views of each step, of tensors whose first dimension is time."""
    return list(zip(*(x.unbind(0) for x in tensors)))


class Layer(Module):
    """One layer. Of the columns of its weights the first H are r's, the next z's, the last n's."""

    def __init__(self, inputs, hidden, input_std=0.01):
        super().__init__()
        self.w = Parameter(torch.empty(inputs, 3 * hidden))
        self.u = Parameter(torch.empty(hidden, 3 * hidden))
        self.b, self.b_n = Parameter(torch.zeros(3 * hidden)), Parameter(torch.zeros(hidden))
        self.initialise(input_std)

    @torch.no_grad()
    def initialise(self, input_std):
        """Orthogonal recurrences and small inputs (Cho et al., Sec. 4.1)."""
        torch.nn.init.normal_(self.w, std=input_std)
        for u in self.u.chunk(3, 1):
            u.copy_(torch.nn.init.orthogonal_(torch.empty_like(u)))

    def forward(self, x, h=None):
        """States (B, T, H) over inputs `x` (B, T, I), and the last; `h` (B, H) stands before."""
        h = self.u.new_zeros(len(x), len(self.u)) if h is None else h
        rows = x.transpose(0, 1).flatten(0, 1)  # (T B, I): a step's rows lie together
        a = torch.addmm(self.b, rows, self.w).unflatten(0, (-1, len(x)))  # (T, B, 3 H)
        return self.walk(a, h)

    def read(self, tokens, h):
        """The same over `tokens` (B, T): the product with a one-hot vector is a row."""
        return self.walk(F.embedding(tokens.t(), self.w + self.b), h)  # (B, T, H), (B, H)

    def walk(self, a, h):  # (T, B, 3 H), (B, H) -> (B, T, H), (B, H)
        states, last = Recurrence.apply(a, self.u, self.b_n, h)
        return states.transpose(0, 1), last

    @torch.no_grad()
    def load(self, weight_ih, weight_hh, bias_ih, bias_hh):
        """Weights of torch.nn.GRU, whose rows stand in the same order.

        It has two biases for everything. Those of r and z are one sum; b_hn stands inside the
        reset and stays apart.
        """
        inner = 2 * len(self.u)
        self.w.copy_(weight_ih.t()), self.u.copy_(weight_hh.t())
        self.b.copy_(bias_ih)
        self.b[:inner] += bias_hh[:inner]
        self.b_n.copy_(bias_hh[inner:])


class GRU(Module):
    """Layers, the first of which reads characters, and y_t = h_t W_hy + b_y."""

    def __init__(self, config, symbols):
        super().__init__()
        h, self.dropout = config.hidden, config.dropout
        first = Layer(symbols, h, config.input_std)  # reads one-hot vectors; the others, states
        others = [Layer(h, h, h**-0.5) for _ in range(config.layers - 1)]
        self.layers = ModuleList([first, *others])
        self.w_hy, self.b_y = Parameter(torch.empty(h, symbols)), Parameter(torch.zeros(symbols))
        torch.nn.init.normal_(self.w_hy, std=h**-0.5)

    def begin(self, streams):
        """The state before any text (B, L, H)."""
        return self.b_y.new_zeros(streams, len(self.layers), len(self.w_hy))

    def forward(self, tokens, state=None):
        """Scores (B, T, V) after `tokens` (B, T) from `state` (B, L, H); the new state."""
        first, *others = self.begin(len(tokens)).unbind(1) if state is None else state.unbind(1)
        x, last = self.layers[0].read(tokens, first)  # (B, T, H), (B, H)
        states = [last]
        for layer, h in zip(self.layers[1:], others, strict=True):
            x, last = layer(self.drop(x), h)  # (B, T, H), (B, H)
            states.append(last)
        scores = self.drop(x) @ self.w_hy + self.b_y  # (B, T, V)
        return scores, torch.stack(states, 1)  # (B, T, V), (B, L, H)

    def drop(self, x):
        return F.dropout(x, self.dropout, self.training) if self.dropout else x


def load_torch(net, weights):
    """Fill `net`'s layers with `weights`, the state_dict of a torch.nn.GRU of its size."""
    for n, layer in enumerate(net.layers):
        layer.load(*(weights[f"{name}_l{n}"] for name in TORCH_NAMES))
