"""Mistakes and choices to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. An injection is a function from the
model to replacements of its names; an invariant fails with the injection in.
"""

from __future__ import annotations

import torch

from common.run.engine import Masters

OPEN = 1e4  # added before a sigmoid: the gate is open, and learns nothing


def one_step(model, h, **biases):
    """After one step over zeros, with biases set by name: states (B, 5), and the layer."""
    torch.manual_seed(0)
    layer = model.Layer(2, 5, 1.0)
    with torch.no_grad():
        layer.b_n.normal_()
        for bias, gate in zip(layer.b.chunk(3), "rzn", strict=True):
            bias.fill_(biases.get(gate, 0.3))
        return layer(torch.zeros(len(h), 1, 2), h)[1], layer


def learner_of(model, **config):
    """A learner over a text of five symbols, its net, and the text in three streams."""
    torch.manual_seed(0)
    config = model.Config(hidden=8, sequence=5, batch=3, input_std=1.0, **config)
    net = model.GRU(config, 5)
    rows = model.streams(torch.arange(100) % 5, 3)
    return model.Learner(config, net, Masters(net.parameters()), 0), net, rows


# -- the reset gate in front of the product ----------------------------------------------------


def reset_before(model):
    """n = tanh(a_n + (r * h) U_n + b_n): two products, the second of which waits for r."""

    def walk(self, a, h):
        size, states = len(self.u), []
        u_gates, u_n = self.u.split([2 * size, size], 1)
        said, said_n = a.split([2 * size, size], 2)
        for said_t, n_t in zip(said.unbind(0), (said_n + self.b_n).unbind(0), strict=True):
            r, z = torch.addmm(said_t, h, u_gates).sigmoid_().chunk(2, 1)
            h = torch.lerp(torch.addmm(n_t, r * h, u_n).tanh_(), h, z)
            states.append(h)
        return torch.stack(states, 1), h

    return {"Layer.walk": walk}


def reset_acts_on_the_product(model):
    """One step from the equation: the bias b_n and the product with U_n stand inside the reset."""
    h = torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
    found, layer = one_step(model, h)
    b, u = layer.b.chunk(3), layer.u.chunk(3, 1)
    r, z = ((b[i] + h @ u[i]).sigmoid() for i in range(2))
    n = (b[2] + r * (h @ u[2] + layer.b_n)).tanh()
    assert torch.allclose(found, (1 - z) * n + z * h, atol=1e-6)


# -- no reset gate -----------------------------------------------------------------------------


def no_reset_gate(model):
    walk = model.Layer.walk

    def always(self, a, h):
        size = len(self.u)
        opened = torch.cat([a[..., :size] + OPEN, a[..., size:]], 2)
        return walk(self, opened, h)

    return {"Layer.walk": always}


def a_closed_reset_forgets(model):
    """Sec. 2.3: where r is zero, the candidate is made of the input alone."""
    h = torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
    found, _ = one_step(model, h, r=-40.0, z=-40.0)
    assert torch.allclose(found, torch.full((4, 5), 0.3).tanh(), atol=1e-6)


# -- small inputs ------------------------------------------------------------------------------


def small_inputs(model):
    initialise = model.Layer.initialise

    def small(self, input_std):
        return initialise(self, 0.01)

    return {"Layer.initialise": small}


def inputs_begin_as_large_as_the_config_says(model):
    torch.manual_seed(0)
    (layer,) = model.GRU(model.Config(hidden=64, input_std=1.0), 50).layers
    assert 0.9 < layer.w.std().item() < 1.1


# -- no biases ---------------------------------------------------------------------------------


def no_biases(model):
    begin = model.GRU.__init__

    def without(self, config, symbols):
        begin(self, config, symbols)
        for p in self.parameters():
            if p.dim() == 1:
                p.data.zero_()
                p.register_hook(torch.zeros_like)

    return {"GRU.__init__": without}


def biases_learn(model):
    learner, net, rows = learner_of(model)
    before = [p.detach().clone() for p in net.parameters() if p.dim() == 1]
    learner.step(rows, 0)
    learner.step(rows, 1)
    after = [p for p in net.parameters() if p.dim() == 1]
    assert all(not torch.equal(x, y) for x, y in zip(before, after, strict=True))


# -- Adadelta ----------------------------------------------------------------------------------


class Adadelta(torch.optim.Adadelta):
    """With the paper's constants; whatever rate the learner sets, there is none."""

    def step(self, closure=None):
        for group in self.param_groups:
            group["lr"] = 1.0
        return super().step(closure)


def adadelta(model):
    begin = model.Learner.__init__

    def with_adadelta(self, config, net, masters, seed=0):
        begin(self, config, net, masters, seed)
        self.optimizer = Adadelta(masters.masters, rho=0.95, eps=1e-6)

    return {"Learner.__init__": with_adadelta}


def steps_are_as_long_as_the_rate(model):
    learner, net, rows = learner_of(model, learning_rate=0.1, steps=10)
    before = net.w_hy.detach().clone()
    learner.step(rows, 0)
    assert 0.09 < (net.w_hy - before).abs().max().item() < 0.11


# -- the carried state -------------------------------------------------------------------------


def forgotten_state(model):
    step = model.Learner.step

    def forgetful(self, rows, i):
        self.carried = {name: torch.zeros_like(h) for name, h in self.carried.items()}
        return step(self, rows, i)

    return {"Learner.step": forgetful}


def state_is_carried(model):
    learner, net, rows = learner_of(model)
    given = []
    learner.net = lambda tokens, state: given.append(state) or net(tokens, state)
    learner.step(rows, 0)
    learner.step(rows, 1)
    assert given[1] is not None and given[1].abs().sum() > 0


# -- weights that others trained ---------------------------------------------------------------


def flipped_update(model):
    """h_t = (1 - z) * h + z * n, as Chung et al. write it: z's part with the other sign."""
    walk = model.Recurrence.apply

    def mirrored(self, a, h):
        sign = self.u.new_tensor([1.0, -1.0, 1.0]).repeat_interleave(len(self.u))
        states, last = walk(a * sign, self.u * sign, self.b_n, h)
        return states.transpose(0, 1), last

    return {"Layer.walk": mirrored}


def an_open_update_gate_keeps(model):
    """Eq. 7: where z is one, the state stays."""
    h = torch.randn(4, 5, generator=torch.Generator().manual_seed(1))
    assert torch.equal(one_step(model, h, z=40.0)[0], h)


def gate_order(model):
    """Rows are taken for z's, r's and n's."""
    load = model.Layer.load

    def swapped(self, *weights):
        def turned(w):
            r, z, n = w.chunk(3)
            return torch.cat([z, r, n])

        return load(self, *map(turned, weights))

    return {"Layer.load": swapped}


def folded_bias(model):
    """Both biases of everything become one sum in front of the gates."""
    load = model.Layer.load

    def folded(self, weight_ih, weight_hh, bias_ih, bias_hh):
        return load(self, weight_ih, weight_hh, bias_ih + bias_hh, torch.zeros_like(bias_hh))

    return {"Layer.load": folded}


def loaded_weights_compute_as_torch(model):
    torch.manual_seed(0)
    theirs = torch.nn.GRU(3, 5, batch_first=True)
    ours, x = model.Layer(3, 5), torch.randn(2, 7, 3)
    ours.load(*(getattr(theirs, f"{name}_l0") for name in model.TORCH_NAMES))
    assert torch.allclose(ours(x)[0], theirs(x)[0], atol=1e-5)


def skipped_first_bias(model):
    """Where there is no state yet, nothing is said for it, and b_n is forgotten with it."""
    walk = model.Layer.walk

    def skipping(self, a, h):
        if h.any():
            return walk(self, a, h)
        _, z, n = a[:1].chunk(3, 2)
        first = ((1 - z.sigmoid()) * n.tanh()).transpose(0, 1)
        if len(a) == 1:
            return first, first[:, 0]
        states, last = walk(self, a[1:], first[:, 0])
        return torch.cat([first, states], 1), last

    return {"Layer.walk": skipping}


def the_first_step_has_its_bias(model):
    found, layer = one_step(model, torch.zeros(4, 5))
    r, z, n = layer.b.chunk(3)
    n = (n + r.sigmoid() * layer.b_n).tanh()
    assert torch.allclose(found, ((1 - z.sigmoid()) * n).expand(4, 5), atol=1e-6)
