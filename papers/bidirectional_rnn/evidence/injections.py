"""Mistakes and choices to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. An injection is a function from the
model to replacements of its names; an invariant fails with the injection in.
"""

from __future__ import annotations

import dataclasses
import math

import torch

LENGTHS = torch.tensor([3, 7, 5])


def small(model, **changes):
    """A network of three units a direction, whatever its other parameters."""
    torch.manual_seed(0)
    config = model.Config(embedding=4, hidden=3, **changes)
    return model.BRNN(config, 9).eval()


def inputs():
    """Three sentences as a batch: embeddings whose padding is not zero."""
    return torch.randn(3, 7, 4, generator=torch.Generator().manual_seed(1))


def inside(x, lengths):
    """1 at words, 0 at padding, for `x` (B, T, ...)."""
    return (torch.arange(x.shape[1]) < lengths[:, None]).unsqueeze(-1).to(x)


def ends(lengths):
    """The number of each sentence of a batch, and where its last word stands."""
    return torch.arange(len(lengths), device=lengths.device), lengths - 1


# -- the answer is taken at the last word ------------------------------------------------------


def last_output(model):
    """There the forward states have read all words, the backward states one."""

    def summary(states, lengths):
        return states[ends(lengths)]

    return {"summary": summary}


def both_directions_tell_of_all_words(model):
    net, x = small(model), inputs().requires_grad_()
    backward = model.summary(net.states(x, LENGTHS), LENGTHS)[:, -3:]
    (slope,) = torch.autograd.grad(backward.pow(2).sum(), x)
    assert (slope.abs().sum(2) > 0).sum(1).tolist() == LENGTHS.tolist()


# -- the batch is turned round as a whole ------------------------------------------------------


def flipped_padding(model):
    """The backward states begin at the end of the longest sentence, so with padding."""
    read = model.BRNN.states

    def states(self, x, lengths):
        return read(self, x, torch.full_like(lengths, x.shape[1])) * inside(x, lengths)

    return {"BRNN.states": states}


def directions_begin_at_the_ends(model):
    """A sentence of three words has the states that it has without its batch."""
    net, x = small(model), inputs()
    alone = net.states(x[:1, :3], LENGTHS[:1])
    assert torch.allclose(net.states(x, LENGTHS)[:1, :3], alone, atol=1e-6)


# -- padding is read like words ----------------------------------------------------------------


def padding_read(model):
    """Every sentence is as long as the longest of its batch."""
    forward = model.BRNN.forward

    def padded(self, tokens, lengths):
        return forward(self, tokens, torch.full_like(lengths, tokens.shape[1]))

    return {"BRNN.forward": padded}


def padding_changes_no_answer(model):
    net, tokens = small(model), torch.arange(2, 9).repeat(3, 1)
    longer = torch.cat([tokens, torch.zeros(3, 4, dtype=torch.long)], 1)
    assert torch.allclose(net(tokens, LENGTHS), net(longer, LENGTHS), atol=1e-6)


# -- embeddings as torch draws them ------------------------------------------------------------


def unit_embeddings(model):
    initialise = model.BRNN.initialise

    def large(self):
        initialise(self)
        torch.nn.init.normal_(self.embeddings)

    return {"BRNN.initialise": large}


def embeddings_begin_as_the_config_says(model):
    torch.manual_seed(0)
    net = model.BRNN(model.Config(embedding=20, hidden=3, embedding_std=0.1), 50)
    assert abs(net.embeddings.std().item() - 0.1) < 0.02


# -- one direction -----------------------------------------------------------------------------


def one_direction(model):
    """A regular network that reads forward, as wide as the parameters of both directions allow."""

    class Regular(model.BRNN):
        def __init__(self, config, symbols, classes=2):
            if config.directions == 2:
                wide = wider(config.embedding, config.hidden, classes)
                config = dataclasses.replace(config, directions=1, hidden=wide)
            super().__init__(config, symbols, classes)

    return {"BRNN": Regular}


def wider(e: int, h: int, classes: int) -> int:
    """States of one direction with no fewer weights than two directions of `h` have."""
    both, rest = 2 * (h * h + h * (e + 1 + classes)), e + 1 + classes
    return math.ceil((math.sqrt(rest * rest + 4 * both) - rest) / 2)


def the_end_is_known_at_the_beginning(model):
    net, x = small(model), inputs().requires_grad_()
    first = net.states(x, LENGTHS)[:, 0]
    (slope,) = torch.autograd.grad(first.pow(2).sum(), x)
    assert (slope[ends(LENGTHS)].abs().sum(1) > 0).all()


# -- the mean counts padding -------------------------------------------------------------------


def padded_mean(model):
    return {"summary": lambda states, lengths: states.mean(1)}


def the_mean_is_over_words(model):
    states = torch.ones(3, 7, 2) * inside(torch.ones(3, 7, 2), LENGTHS)
    assert torch.allclose(model.summary(states, LENGTHS), torch.ones(3, 2))


# -- final states are laid side by side in the wrong order -------------------------------------


def mixed_batch(model):
    """The final states (2, B, H) of both directions, viewed as (B, 2 H)."""

    def summary(states, lengths):
        forward, backward = states.chunk(2, 2)
        final = torch.stack([forward[ends(lengths)], backward[:, 0]])
        return final.view(len(states), -1)

    return {"summary": summary}


def sentences_do_not_mix(model):
    states = torch.randn(3, 7, 4) * inside(torch.ones(3, 7, 1), LENGTHS)
    changed = states.clone()
    changed[1] *= 2
    same = (model.summary(states, LENGTHS) == model.summary(changed, LENGTHS)).all(1)
    assert same.tolist() == [True, False, True]


# -- features are turned round instead of time -------------------------------------------------


def flipped_features(model):
    """The second direction reads forward, too: what is turned round are a word's own numbers."""
    read = model.BRNN.states

    def turned(x, lengths):
        at = lengths[:, None] - 1 - torch.arange(x.shape[1], device=x.device)
        return x.gather(1, at.clamp(min=0)[..., None].expand_as(x)) * inside(x, lengths)

    def states(self, x, lengths):
        forward = read(self, x, lengths).chunk(2, 2)[0]
        backward = read(self, turned(x.flip(-1), lengths), lengths).chunk(2, 2)[1]
        return torch.cat([forward, turned(backward, lengths)], 2)

    return {"BRNN.states": states}


# -- nothing is left out in training -----------------------------------------------------------


def no_dropout(model):
    return {"BRNN.drop": lambda self, x: x}


def training_leaves_some_out(model):
    net, tokens = small(model, dropout=0.5).train(), torch.arange(2, 9).repeat(3, 1)
    assert not torch.equal(net(tokens, LENGTHS), net(tokens, LENGTHS))
    assert torch.equal(net.eval()(tokens, LENGTHS), net(tokens, LENGTHS))


# -- the rate stays ----------------------------------------------------------------------------


def constant_rate(model):
    return {"learning_rate": lambda i, config: config.learning_rate}


def rate_falls_to_zero(model):
    config = model.Config(steps=1000)
    assert model.learning_rate(0, config) == config.learning_rate
    assert model.learning_rate(999, config) < 0.01 * config.learning_rate
