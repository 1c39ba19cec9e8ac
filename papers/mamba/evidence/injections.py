"""Mistakes and choices to put into version 3's model, each with what must hold without it.

`deviations.py` says of each where it comes from. An injection is a function from the
model to replacements of its names; an invariant fails with the injection in.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from common.run.engine import Masters
from papers.mamba.evidence import twins


def small(model, **changes):
    """A small net and its Config."""
    torch.manual_seed(0)
    given = {"d_model": 16, "layers": 2, "states": 4, "sequence": 8, "batch": 2, "warmup": 0}
    config = model.Config(**given | changes)
    return model.Mamba(config, 7), config


# -- how Delta and A begin ------------------------------------------------------------------------


def generic_initialisation(model):
    """What a loop over all linear layers at the end leaves in Delta's: N(0, 0.02^2), and a bias of
    zero. The other layers stay as they were, so that Delta alone is compared."""
    given = model.Mixer.initialise

    def initialise(mixer):
        given(mixer)
        torch.nn.init.normal_(mixer.dt_proj.weight, std=0.02)
        torch.nn.init.zeros_(mixer.dt_proj.bias)

    return {"Mixer.initialise": initialise}


def delta_begins_in_its_interval(model):
    net, config = small(model)
    for block in net.layers:
        delta = F.softplus(block.mixer.dt_proj.bias)
        assert delta.min() >= config.delta_min * 0.99 and delta.max() <= config.delta_max * 1.01


# -- what decays ----------------------------------------------------------------------------------


def decayed_dynamics(model):
    """All parameters are one group, and decay."""
    return {
        "groups": lambda named, decay: [{"params": [p for _, p in named], "weight_decay": decay}]
    }


def decayed_by_shape(model):
    """Whatever has two dimensions decays: so does A_log."""

    def groups(named, decay):
        named = [p for _, p in named]
        return [
            {"params": [p for p in named if p.dim() > 1], "weight_decay": decay},
            {"params": [p for p in named if p.dim() < 2], "weight_decay": 0.0},
        ]

    return {"groups": groups}


def dynamics_do_not_decay(model):
    """A step of the learner in which nothing has a gradient moves neither A nor D."""
    net, config = small(model, weight_decay=0.5, learning_rate=0.1)
    learner = model.Learner(config, net, Masters(net.parameters()))
    before = {name: p.detach().clone() for name, p in net.named_parameters()}
    for p in net.parameters():
        p.grad = torch.zeros_like(p)
    for group in learner.optimizer.param_groups:
        group["lr"] = config.learning_rate
    learner.optimizer.step()
    for name, p in net.named_parameters():
        if name.endswith(("A_log", "D")):
            assert torch.equal(p, before[name]), name
    assert not torch.equal(net.embedding.weight, before["embedding.weight"])


# -- no selection ---------------------------------------------------------------------------------


def fixed_parameters(model):
    """Delta, B and C are read off the same vector at every token: a time-invariant system, with
    as many parameters."""
    given = model.Mixer.select

    def select(mixer, x):
        return given(mixer, torch.full_like(x, x.shape[-1] ** -0.5))

    return {"Mixer.select": select}


def parameters_follow_the_input(model):
    net, _ = small(model)
    mixer = net.layers[0].mixer
    one, other = (mixer.select(torch.randn(1, 3, 32)) for _ in range(2))
    assert not any(torch.allclose(a, b) for a, b in zip(one, other, strict=True))


# -- how B is discretised -------------------------------------------------------------------------


def exact_hold(model):
    """Eq. 4 for B as well: (exp(Delta A) - 1) / A in the place of Delta."""

    def selective_scan(x, delta, a, b, c, h):
        decay = (delta[:, :, None] * a).exp()
        added = (decay - 1) / a * b[..., None] * x[:, :, None]
        states = model.Recurrence.apply(decay, added, h)
        return (c[:, :, None] @ states)[:, :, 0], states[:, -1]

    return {"selective_scan": selective_scan}


def weights_give_the_published_scores(model):
    assert twins.worst(model) <= 1e-5


# -- the convolution ------------------------------------------------------------------------------


def centred_convolution(model):
    """Padded on both sides, as pictures are: a token sees those behind it."""
    given = model.Mixer.convolve

    def convolve(mixer, x, kept):
        ahead = len(kept[0]) // 2
        later = F.pad(x, (0, 0, 0, ahead))[:, ahead:]
        y, _ = given(mixer, later, torch.cat([kept, x[:, :ahead]], 1)[:, -len(kept[0]) :])
        return y, torch.cat([kept, x], 1)[:, -len(kept[0]) :]

    return {"Mixer.convolve": convolve}


@twins.as_trained()
def no_token_sees_a_later_one(model):
    net, _ = small(model)
    tokens = torch.arange(12)[None] % 7
    changed = tokens.clone()
    changed[0, 8:] = (changed[0, 8:] + 1) % 7
    assert torch.allclose(net(tokens)[0][:, :8], net(changed)[0][:, :8], atol=1e-6)


def forgotten_inputs(model):
    """The state of the scan goes on, the last inputs of the convolution do not."""
    given = model.Mixer.convolve

    def convolve(mixer, x, kept):
        return given(mixer, x, torch.zeros_like(kept))

    return {"Mixer.convolve": convolve}


def outputs_kept_for_inputs(model):
    """What the convolution gave is kept, where what it was given belongs."""
    given = model.Mixer.convolve

    def convolve(mixer, x, kept):
        y, _ = given(mixer, x, kept)
        return y, torch.cat([kept, y], 1)[:, -kept.shape[1] :]

    return {"Mixer.convolve": convolve}


@twins.as_trained()
def reading_on_is_reading_the_whole(model):
    net, _ = small(model)
    tokens = torch.arange(23)[None] * 5 % 7
    whole, state, parts = net(tokens)[0], None, []
    for piece in tokens.split([9, 1, 1, 2, 10], 1):
        scores, state = net(piece, state)
        parts.append(scores)
    assert torch.allclose(torch.cat(parts, 1), whole, atol=1e-5)


# -- the scan -------------------------------------------------------------------------------------


def quotients_of_products(model):
    """Two cumulative sums instead of a scan: h_t = P_t (sum over s of b_s / P_s), P_t the product
    of all a up to t. It vanishes after some tokens, and what is divided by it overflows."""

    def selective_scan(x, delta, a, b, c, h):
        total = (delta[:, :, None] * a).cumsum(1)
        added = (delta * x)[:, :, None] * b[..., None]
        states = total.exp() * (h[:, None] + (added / total.exp()).cumsum(1))
        return (c[:, :, None] @ states)[:, :, 0], states[:, -1]

    return {"selective_scan": selective_scan}


def half_precision(model):
    """The scan in the precision of the net's numbers."""
    return {"precisely": lambda scanned, x, *rest: scanned(x, *(r.to(x.dtype) for r in rest))}


@twins.as_trained()
def long_scans_are_exact(model):
    """States that decay by e^-8 at a token, for 200 tokens, as a loop has them."""
    rng = torch.Generator().manual_seed(0)
    x, b, c = (torch.randn(1, 200, n, generator=rng) for n in (3, 2, 2))
    delta, a = torch.full((1, 200, 3), 0.5), torch.tensor([[-16.0] * 3, [-0.1] * 3])
    h, wanted = torch.zeros(1, 2, 3), []
    for t in range(200):
        h = (delta[:, t, None] * a).exp() * h + (delta * x)[:, t, None] * b[:, t, :, None]
        wanted.append((c[:, t, :, None] * h).sum(1))
    y, _ = model.selective_scan(x, delta, a, b, c, torch.zeros(1, 2, 3))
    assert torch.allclose(y, torch.stack(wanted, 1), atol=1e-4)


def a_bfloat16_net_scans_in_float32(model):
    """Small steps are not rounded away: 400 tokens with Delta = 0.001, A = -1 and x = B = 1."""
    shape = (1, 400, 1)
    x, delta = torch.ones(shape).bfloat16(), torch.full(shape, 0.001).bfloat16()
    one = torch.ones(1, 400, 1).bfloat16()
    a, h = -torch.ones(1, 1), torch.zeros(1, 1, 1)
    y, _ = model.precisely(model.selective_scan, x, delta, a, one, one, h)
    assert abs(y[0, -1, 0].item() - 0.3297) < 0.005  # 1 - e^-0.4


# -- what a chunk begins with ---------------------------------------------------------------------


def forgotten_state(model):
    """Every chunk of the text begins from nothing."""
    given = model.chunk

    def chunk(tokens, config, i):
        inputs, targets, _ = given(tokens, config, i)
        return inputs, targets, True

    return {"chunk": chunk}


def state_is_carried(model):
    net, config = small(model, steps=9)
    learner = model.Learner(config, net, Masters(net.parameters()))
    tokens, states = torch.arange(60) % 7, []
    real = net.forward
    net.forward = lambda inputs, state=None: states.append(state) or real(inputs, state)
    for i in range(2):
        learner.step(tokens, i)
    assert states[0] is None and states[1] is not None
