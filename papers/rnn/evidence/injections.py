"""Mistakes and choices to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. An injection is a function from the
model to replacements of its names; an invariant fails with the injection in.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

# -- the loss is summed over the sequence ------------------------------------------------------


def summed_loss(model):
    """The gradient of a sum over the steps; what is shown stays nats per character."""

    def loss(scores, targets):
        mean = F.cross_entropy(scores.float().flatten(0, 1), targets.flatten())
        return mean.detach() + (mean - mean.detach()) * targets.shape[1]

    return {"loss": loss}


def gradient_is_per_character(model):
    """Reading the same sequence twice must not double the gradient."""
    scores = torch.zeros(2, 8, 5, requires_grad=True)
    targets = torch.arange(16).view(2, 8) % 5

    def slope(times):
        s = scores.repeat(1, times, 1)
        return torch.autograd.grad(model.loss(s, targets.repeat(1, times)), scores)[0]

    assert torch.allclose(slope(1), slope(3), atol=1e-6)


# -- components are clipped, not the norm ------------------------------------------------------


def clipping_by_value(model):
    return {"clip_gradients": torch.nn.utils.clip_grad_value_}


def clipping_keeps_the_direction(model):
    weight = torch.nn.Parameter(torch.zeros(3))
    gradient = torch.tensor([10.0, 1.0, 0.1])
    weight.grad = gradient.clone()
    model.clip_gradients([weight], 1.0)
    assert torch.isclose(F.cosine_similarity(weight.grad, gradient, dim=0), torch.tensor(1.0))
    assert weight.grad.norm() < 1.001


# -- small Gaussian weights --------------------------------------------------------------------


def small_weights(model):
    def initialise(net):
        for w in (net.w_xh, net.w_hh, net.w_hy):
            torch.nn.init.normal_(w, std=0.01)

    return {"RNN.initialise": initialise}


def recurrence_keeps_the_norm(model):
    h = torch.randn(4, 32)
    net = model.RNN(model.Config(hidden=32), 5)
    assert torch.allclose((h @ net.w_hh).norm(dim=1), h.norm(dim=1), rtol=1e-4)


# -- one stream of text ------------------------------------------------------------------------


def one_stream(model):
    """The same number of steps, each on a single sequence."""

    def streams(tokens, batch):
        return tokens[None]

    def carry(h, anew):
        return None if h is None or anew or len(h) > 1 else h.detach()

    return {"streams": streams, "carry": carry}


def steps_see_many_streams(model):
    assert model.streams(torch.arange(100), 10).shape == (10, 10)


# -- Adagrad, constant rate --------------------------------------------------------------------


def adagrad(model):
    """Adagrad at min-char-rnn's rate of 0.1, which falls to zero like Adam's."""

    def optimizer(parameters, config):
        return torch.optim.Adagrad(parameters, lr=0.1, eps=1e-8)

    def learning_rate(i, config):
        return 0.1 * (1 - i / config.steps)

    return {"optimizer": optimizer, "learning_rate": learning_rate}


def steps_stay_as_long(model):
    """Under a gradient that does not change, step 1,000 must move the weight as far as step 1."""
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = model.optimizer([weight], model.Config(learning_rate=0.01))
    for _ in range(1000):
        before = weight.item()
        weight.grad = torch.ones(1)
        optimizer.step()
    assert abs(weight.item() - before) > 0.005


def constant_rate(model):
    return {"learning_rate": lambda i, config: config.learning_rate}


def rate_falls_to_zero(model):
    config = model.Config(steps=1000)
    assert model.learning_rate(0, config) == config.learning_rate
    assert model.learning_rate(999, config) < 0.01 * config.learning_rate


# -- the carried state -------------------------------------------------------------------------


def forgotten_state(model):
    return {"carry": lambda h, anew: None}


def state_is_carried(model):
    h = torch.ones(2, 3)
    carried = model.carry(h, False)
    assert carried is not None and torch.equal(carried, h)


def stale_state(model):
    """Chunks in random order, each continued with the state of another place in the text."""
    read = model.chunk

    def chunk(rows, i, sequence):
        chunks = (rows.shape[1] - 1) // sequence
        order = torch.Generator().manual_seed(i // chunks)
        place = int(torch.randperm(chunks, generator=order)[i % chunks])
        inputs, targets, _ = read(rows, place, sequence)
        return inputs, targets, i == 0

    return {"chunk": chunk}


def chunks_are_contiguous(model):
    rows = torch.arange(60).view(2, 30)
    for i in range(5):
        _, targets, _ = model.chunk(rows, i, 5)
        inputs, _, anew = model.chunk(rows, i + 1, 5)
        assert anew or torch.equal(inputs[:, 0], targets[:, -1])


def attached_state(model):
    return {"carry": lambda h, anew: None if h is None or anew else h}


def state_is_cut_from_its_graph(model):
    h = torch.ones(2, 3, requires_grad=True) * 2
    assert not model.carry(h, False).requires_grad


# -- the error stops at the context units ------------------------------------------------------


def one_step_gradient(model):
    """As version 2's forward, but each context is a copy, through which no error goes back."""

    def forward(self, tokens, h=None):
        h = self.b_h.new_zeros(len(tokens), len(self.b_h)) if h is None else h
        states = []
        for x_t in (self.w_xh[tokens] + self.b_h).unbind(1):
            h = torch.addmm(x_t, h.detach(), self.w_hh).tanh()
            states.append(h)
        return torch.stack(states, 1) @ self.w_hy + self.b_y, h

    return {"RNN.forward": forward}


def error_goes_back_through_time(model):
    """The last prediction must have a say in the weights of the first input."""
    net = model.RNN(model.Config(hidden=8), 3)
    scores, _ = net(torch.tensor([[0, 1, 1, 1]]))
    scores[:, -1].sum().backward()
    assert net.w_xh.grad[0].abs().sum() > 0
