"""How each deviation is put back into version 2, and what holds without it.

Pairs of functions: the first gets version 2's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

SOURCE = torch.tensor([[4, 9, 6, 11, 5, 8, 7], [7, 12, 5, 4, 0, 0, 0]])
INPUTS = torch.tensor([[1, 5, 8, 9, 14], [1, 13, 4, 6, 3]])


def toy(model):
    """A net of toy size with random weights, the same at every call."""
    torch.manual_seed(0)
    sizes = {"hidden": 8, "width": 6, "aligned": 9, "maxout": 5, "dropout": 0.0}
    net = model.Search(model.Config(**sizes), 20)
    with torch.no_grad():
        for p in net.parameters():
            p.normal_(std=0.5)
    return net


def weights(model, source=SOURCE):
    """The weights (B, T, S) with which INPUTS are written."""
    return toy(model).write(source, INPUTS)[1]


# -- weights that never see the source -----------------------------------------------------------


def blind_weights(model):
    def forward(self, asked, keys, masked):
        """e_ij is the j-th of the numbers that the writer's state gives."""
        room = keys.shape[1] - asked.shape[1]  # places that are too far away get nothing
        e = F.pad(asked, (0, room), value=-1e4)
        return model.normalised(e.masked_fill(masked, -1e4))

    return {"Alignment.forward": forward}


def weights_depend_on_the_source(model):
    """Given one and the same state, other words are looked at otherwise."""
    net = toy(model)
    cache, other = net.start(SOURCE[:1]), net.start(SOURCE[:1].flip(1))
    asked = torch.ones(1, 9)
    found = [net.alignment(asked, c["keys"], c["absent"]) for c in (cache, other)]
    assert not torch.allclose(*found, atol=1e-3)


# -- one vector for the whole sentence -----------------------------------------------------------


def fixed_vector(model):
    real = model.Encoder.forward

    def forward(self, source):
        """Every annotation is what both directions end with."""
        h, last = real(self, source)
        ends = (source != model.PAD).sum(1) - 1
        ahead = h[torch.arange(len(h), device=h.device), ends, : last.shape[1]]
        whole = torch.cat([ahead, last], 1)
        return whole[:, None].expand_as(h), last

    return {"Encoder.forward": forward}


def annotations_differ(model):
    h, _ = toy(model).encoder(SOURCE)
    assert not torch.allclose(h[:, 0], h[:, 1], atol=1e-3)


# -- one direction -------------------------------------------------------------------------------


def one_direction(model):
    return {"turned": lambda x: x}


def annotations_know_what_follows(model):
    """Sec. 3.2: another last word is noticed at the first."""
    other = SOURCE[:1].clone()
    other[0, -1] = 13
    encoder = toy(model).encoder
    assert not torch.allclose(encoder(SOURCE[:1])[0][0, 0], encoder(other)[0][0, 0], atol=1e-5)


# -- padding -------------------------------------------------------------------------------------


def padding_seen(model):
    return {"absent": lambda source: torch.zeros_like(source, dtype=torch.bool)}


def padding_has_no_weight(model):
    assert weights(model)[1, :, 4:].max() == 0


def padding_read_first(model):
    return {"KEPT": 0.0}


def annotations_are_those_of_the_sentence_alone(model):
    encoder = toy(model).encoder
    together, alone = encoder(SOURCE)[0][1, :4], encoder(SOURCE[1:, :4])[0][0]
    assert torch.allclose(together, alone, atol=1e-6)


# -- a fixed number of places --------------------------------------------------------------------

PLACES = 5  # of the tutorial's ten, for sentences of toys


def fixed_places(model):
    real = model.Alignment.forward

    def forward(self, asked, keys, masked):
        """Words from PLACES on are not seen."""
        beyond = torch.arange(keys.shape[1], device=keys.device) >= PLACES
        return real(self, asked, keys, masked | beyond)

    return {"Alignment.forward": forward}


def every_word_can_be_seen(model):
    assert weights(model)[0].min() > 0


# -- a softmax over the wrong dimension ----------------------------------------------------------


def softmax_over_batch(model):
    return {"normalised": lambda e: e.softmax(0).nan_to_num()}


def weights_sum_to_one(model):
    total = weights(model).sum(2)
    assert torch.allclose(total, torch.ones_like(total), atol=1e-5)


# -- what the writer begins with -----------------------------------------------------------------


def begins_with_the_forward_state(model):
    real = model.Encoder.forward

    def forward(self, source):
        """Of the annotation of the first word, the half that has read nothing else."""
        h, last = real(self, source)
        return h, h[:, 0, : last.shape[1]]

    return {"Encoder.forward": forward}


def the_first_state_knows_the_sentence(model):
    other = SOURCE[:1].clone()
    other[0, -1] = 13
    states = [toy(model).start(source)["state"] for source in (SOURCE[:1], other)]
    assert not torch.allclose(*states, atol=1e-5)


# -- the context of the step before --------------------------------------------------------------


def late_context(model):
    real = model.Search.advance

    def advance(self, cache, a, matrices):
        """The state is updated with c_(i-1); c_i goes to the readout alone."""
        s, sizes = cache["state"], [self.config.aligned, 3 * self.config.hidden]
        said = (s @ matrices[0]).split(sizes, 1)[1]
        width = cache["annotations"].shape[2]
        before = cache.get("context", s.new_zeros(len(s), width))
        _, context, alpha = real(self, cache, a, matrices)
        cache["state"] = self.updated(torch.addmm(a, before, matrices[1]), said, s)
        cache["context"] = context
        return cache["state"], context, alpha

    return {"Search.advance": advance}


def the_state_has_seen_its_own_context(model):
    """s_i depends on c_i (Sec. 3.1): in the first step as well."""
    net = toy(model)
    states = []
    for factor in (1.0, 2.0):
        cache = net.start(SOURCE[:1])
        cache["annotations"] = factor * cache["annotations"]
        net.step(cache, INPUTS[:1, :1])
        states.append(cache["state"])
    assert not torch.allclose(*states, atol=1e-4)


# -- the readout ---------------------------------------------------------------------------------


def plain_readout(model):
    real = model.Search.readout

    def readout(self, s, x, c):
        """Of the three, the state alone."""
        return real(self, s, torch.zeros_like(x), torch.zeros_like(c))

    return {"Search.readout": readout}


def the_readout_sees_the_context(model):
    """Eq. 4: the same state says another word when something else was looked at."""
    net, (s, x, c) = toy(model), (torch.ones(1, 1, n) for n in (8, 6, 16))
    assert not torch.allclose(net.readout(s, x, c), net.readout(s, x, -c), atol=1e-3)
