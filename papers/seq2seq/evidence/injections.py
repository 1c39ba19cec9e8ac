"""How each deviation is put back into version 2, and what holds without it.

Pairs of functions: the first gets version 2's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from common.run.engine import Masters

SOURCE = torch.tensor([[5, 6, 7, 4], [8, 9, 0, 0]])  # the second sentence has padding
INPUTS = torch.tensor([[1, 5, 6], [1, 8, 7]])


def toy(model, **changes):
    """A net of toy size without dropout, and its config."""
    sizes = {"hidden": 8, "layers": 2, "width": 6, "dropout": 0.0, "steps": 10, "warmup": 1}
    config = model.Config(**{**sizes, **changes})
    torch.manual_seed(0)
    return model.Seq2Seq(config, 12), config


# -- in which order the source is read -----------------------------------------------------------


def straight_source(model):
    def reading_order(source):
        """Each sentence forwards; padding stays in front."""
        at = torch.arange(source.shape[1], device=source.device)
        at = at - (source == model.PAD).sum(1, keepdim=True)
        return source.gather(1, at.clamp(min=0)).masked_fill(at < 0, model.PAD)

    return {"reading_order": reading_order}


def first_word_is_read_last(model):
    assert torch.equal(model.reading_order(SOURCE)[:, -1], SOURCE[:, 0])


# -- padding of the source is read ---------------------------------------------------------------


def state_at_padding(model):
    def reading_order(source):
        """Each sentence backwards; padding stays behind."""
        at = torch.arange(source.shape[1], device=source.device)
        mirrored = (source != model.PAD).sum(1, keepdim=True) - 1 - at
        return source.gather(1, torch.where(mirrored < 0, at, mirrored))

    return {"reading_order": reading_order, "SHUT": 0.0}


def padding_read_first(model):
    return {"SHUT": 0.0}


def padding_changes_nothing(model):
    net, _ = toy(model)
    alone, longer = SOURCE[1:, :2], F.pad(SOURCE[1:], (0, 3), value=model.PAD)
    together, *others = (net.start(s)["state"] for s in (SOURCE, alone, longer))
    assert all(torch.allclose(together[1:], other, atol=1e-6) for other in others)


# -- the loss ------------------------------------------------------------------------------------


def loss_over_padding(model):
    def loss(scores, targets):
        return F.cross_entropy(scores.float().flatten(0, 1), targets.flatten())

    return {"loss": loss}


def padding_costs_nothing(model):
    scores, targets = torch.randn(1, 3, 7), torch.tensor([[4, 5, 6]])
    longer = torch.cat([scores, torch.randn(1, 2, 7)], 1)
    more = F.pad(targets, (0, 2), value=model.PAD)
    assert torch.isclose(model.loss(scores, targets), model.loss(longer, more))


def loss_by_sentence(model):
    def loss(scores, targets):
        flat = scores.float().flatten(0, 1)
        total = F.cross_entropy(flat, targets.flatten(), ignore_index=model.PAD, reduction="sum")
        return total / len(targets)

    return {"loss": loss}


def loss_does_not_grow_with_length(model):
    scores, targets = torch.randn(2, 3, 7), torch.randint(3, 7, (2, 3))
    twice = model.loss(scores.repeat(1, 2, 1), targets.repeat(1, 2))
    assert torch.isclose(twice, model.loss(scores, targets))


# -- what the decoder gets of the encoder --------------------------------------------------------


def another_layer(model):
    real = model.depth
    return {"depth": lambda config: real(config) + 1}


def layers_are_as_many_as_asked(model):
    net, _ = toy(model, layers=3)
    assert len(net.encoder.layers) == len(net.decoder.layers) == 3


def cells_left_behind(model):
    real = model.Encoder.forward

    def forward(self, source):
        """h alone is handed over; the decoder's cells begin at 0."""
        x, state = real(self, source)
        h, c = state.unbind(2)
        return x, torch.stack([h, torch.zeros_like(c)], 2)

    return {"Encoder.forward": forward}


def cells_are_handed_over(model):
    net, _ = toy(model)
    assert (net.start(SOURCE)["state"][:, :, 1] != 0).all()


def cell_gradient_lost(model):
    real = model.Encoder.forward

    def forward(self, source):
        """Nothing comes back to the encoder through the cells."""
        x, state = real(self, source)
        h, c = state.unbind(2)
        return x, torch.stack([h, c.detach()], 2)

    return {"Encoder.forward": forward}


def gradient_comes_back_through_cells(model):
    net, _ = toy(model)
    net.encoder(SOURCE)[1][:, :, 1].sum().backward()
    assert (net.encoder.layers[0].w_h.grad != 0).any()


# -- clipping ------------------------------------------------------------------------------------


def clip_by_matrix(model):
    def clip_gradients(parameters, limit):
        for parameter in parameters:
            torch.nn.utils.clip_grad_norm_([parameter], limit)

    return {"clip_gradients": clip_gradients}


def clipping_keeps_the_direction(model):
    """A step of the learner's, as a training takes it, with a limit that every matrix exceeds."""
    net, config = toy(model, clip=1e-4)
    learner, seen = model.Learner(config, net, Masters(net.parameters()), 0), []
    learner.optimizer.step = lambda: seen.extend(p.grad.norm() for p in learner.masters.masters)
    learner.step(SOURCE, F.pad(INPUTS, (0, 1), value=2), 0)
    assert torch.stack(seen).norm() < 1.01 * config.clip
