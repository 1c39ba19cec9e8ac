"""How the claims of claims.py are measured; what they train is in experiments.py.

Shapes: B sequences, T steps, I inputs, H units.
"""

from __future__ import annotations

import numpy as np
import torch

from common.evidence.claims import Equal, Exact
from common.evidence.measuring import equal, parameters
from common.exams.ngrams import ngram_baseline
from papers.gru import PAPER
from papers.gru.evidence import twins
from papers.gru.version1 import model as model1
from papers.gru.version2 import model as model2
from papers.lstm.version2 import model as lstm

WIDE_OPEN = 40.0  # before a sigmoid: 1 in float32, and 1 minus itself 4e-18


# -- exact: counts ------------------------------------------------------------------------------


def parameter_count() -> Exact:
    """At 10 inputs and 20 units; torch has two biases for each of r, z and n, here n alone has."""
    i, h = 10, 20
    ours = parameters(lambda: model2.Layer(i, h)) + 2 * h
    assert ours == parameters(lambda: torch.nn.GRU(i, h))
    return Exact(ours, 3 * (h * i + h * h + 2 * h))


def three_quarters() -> Exact:
    """Weights of a gated layer by those of an LSTM's, both of this repository, without biases."""
    gru, long = model2.Layer(10, 20), lstm.Layer(10, 20)
    ours, theirs = (
        sum(p.numel() for p in layer.parameters() if p.dim() > 1) for layer in (gru, long)
    )
    return Exact(ours / theirs, 0.75, tolerance=1e-12)


MUSIC = (93, 96, 105, 108)  # inputs: keys of the four collections (Chung et al., Sec. 4.1)
SPEECH = 20  # inputs: samples read at once
UNITS = {"tanh": (100, 400), "gru": (46, 227), "lstm": (36, 195)}
PRINTED = {"tanh": (20.1, 168.4), "gru": (20.2, 168.9), "lstm": (19.8, 169.1)}  # thousands


def table_1() -> Exact:
    """How many of the six counts are found, to the printed digit, from units and inputs.

    A reading that the paper does not state: the recurrent layer alone; for music the mean over
    the four collections and no bias, for speech a bias to each unit and gate; three peepholes to
    each LSTM unit (V_o, V_i and V_f in the paper's Sec. 3.1).
    """
    gates, found = {"tanh": 1, "gru": 3, "lstm": 4}, 0
    for kind, pair in UNITS.items():
        for units, inputs, thousands in zip(pair, (np.mean(MUSIC), SPEECH + 1), PRINTED[kind]):
            count = gates[kind] * units * (units + inputs) + (3 * units if kind == "lstm" else 0)
            found += abs(count / 1000 - thousands) < 0.05 + 1e-9
    return Exact(int(found), 6)


# -- exact: the algebra of gates ----------------------------------------------------------------


def keeps_or_replaces() -> Exact:
    """The largest error of four identities: z = 1 keeps the state, z = 0 leaves the candidate."""
    rng, errors = np.random.default_rng(0), []
    h = rng.standard_normal(6) * 0.5
    for sign in (1, -1):
        weights = model1.initialise(model1.Config(hidden=6, weight_scale=0.5), 5, rng)
        weights["w_z"][:], weights["u_z"][:] = sign * WIDE_OPEN, 0.0
        ((_, _, _, _, candidate),), states, _ = model1.forward(weights, np.array([2]), h)
        errors.append(np.abs(states[0] - (h if sign > 0 else candidate)).max())
        errors.append(_second_version(sign, torch.as_tensor(h)[None].float()))
    return Exact(float(max(errors)), 0.0, tolerance=1e-6)


@torch.no_grad()
def _second_version(sign: int, h: torch.Tensor) -> float:
    torch.manual_seed(0)
    layer, x = model2.Layer(3, 6, 1.0), torch.randn(1, 1, 3)
    layer.u.chunk(3, 1)[1].zero_()
    layer.w.chunk(3, 1)[1].zero_()
    layer.b.chunk(3)[1].fill_(sign * WIDE_OPEN)
    after = layer(x, h)[1]
    if sign > 0:
        return float((after - h).abs().max())
    (w_r, _, w_n), (u_r, _, u_n) = layer.w.chunk(3, 1), layer.u.chunk(3, 1)
    r = (x[0] @ w_r + h @ u_r).sigmoid()
    return float((after - (x[0] @ w_n + r * (h @ u_n)).tanh()).abs().max())


@torch.no_grad()
def mirrored() -> Exact:
    """Chung's (1 - z) h + z n, by a loop, against version 2 with z's weights negated."""
    torch.manual_seed(0)
    layer, x, h = model2.Layer(3, 6, 1.0), torch.randn(2, 9, 3), torch.randn(2, 6)
    layer.b.normal_(), layer.b_n.normal_()
    expected = []
    state = h
    for x_t in x.unbind(1):
        (r, z, n), (s_r, s_z, s_n) = (
            (x_t @ layer.w + layer.b).chunk(3, 1),
            (state @ layer.u).chunk(3, 1),
        )
        r, z = (r + s_r).sigmoid(), (z + s_z).sigmoid()
        n = (n + r * (s_n + layer.b_n)).tanh()
        state = (1 - z) * state + z * n
        expected.append(state)
    for w in (layer.w, layer.u, layer.b):
        w.chunk(3, -1)[1].neg_()
    return Exact(float((layer(x, h)[0] - torch.stack(expected, 1)).abs().max()), 0.0, 1e-6)


@torch.no_grad()
def bounded() -> Exact:
    """By how much any state leaves [-1, 1], over a long text, with weights of any size."""
    torch.manual_seed(0)
    beyond = 0.0
    for scale in (0.1, 1.0, 10.0, 100.0):
        layer = model2.Layer(3, 16, scale)
        layer.u.mul_(scale), layer.b.normal_(std=scale), layer.b_n.normal_(std=scale)
        states, _ = layer(torch.randn(8, 500, 3), torch.rand(8, 16) * 2 - 1)
        beyond = max(beyond, float(states.abs().max()) - 1)
    return Exact(beyond, 0.0, tolerance=1e-6)


# -- exact: gradients by hand -------------------------------------------------------------------


def gradient_check() -> Exact:
    """The largest relative error of version 1's gradients against central differences."""
    return Exact(worst_gradient_error(np.random.default_rng(0)), 0.0, tolerance=1e-6)


def worst_gradient_error(rng: np.random.Generator, delta: float = 1e-5) -> float:
    """On a small network in float64; over all components of all weights."""
    weights = model1.initialise(model1.Config(hidden=6, weight_scale=0.5), 5, rng)
    inputs, targets, h = rng.integers(5, size=8), rng.integers(5, size=8), rng.standard_normal(6)
    _, gradients, _ = model1.loss_and_gradients(weights, inputs, targets, h)
    worst = 0.0
    for name, w in weights.items():
        for i in np.ndindex(w.shape):
            kept, losses = w[i], []
            for sign in (1, -1):
                w[i] = kept + sign * delta
                losses.append(model1.loss_and_gradients(weights, inputs, targets, h)[0])
            w[i] = kept
            numeric, exact = (losses[0] - losses[1]) / (2 * delta), gradients[name][i]
            worst = max(worst, abs(numeric - exact) / max(abs(numeric) + abs(exact), 1e-3))
    return float(worst)


# -- equivalence --------------------------------------------------------------------------------


def version2_is_torchs() -> Equal:
    """Outputs, final states and all gradients against torch.nn.GRU with copied weights."""
    return Equal(twins.worst(), 1e-5)


def forms_agree_on_a_diagonal() -> Equal:
    """Where U is diagonal nothing is mixed, and (r * h) U = r * (h U): both versions' losses and
    gradients."""
    weights = model1.initialise(
        model1.Config(hidden=9, weight_scale=0.5), 7, np.random.default_rng(0)
    )
    weights["u"] = np.diag(np.diag(weights["u"]))
    return equal(both_versions(weights))


def both_versions(weights: dict[str, np.ndarray]) -> list[tuple]:
    """Loss and gradients of version 1 and of version 2 with its weights, in pairs; of U the
    diagonal."""
    text, h = np.random.default_rng(1).integers(7, size=13), np.linspace(-0.9, 0.9, 9)
    loss, gradients, _ = model1.loss_and_gradients(weights, text[:-1], text[1:], h)
    net = as_version2(weights)
    scores, _ = net(torch.as_tensor(text)[None, :-1], torch.as_tensor(h).float()[None, None])
    value = torch.nn.functional.cross_entropy(scores[0], torch.as_tensor(text)[1:], reduction="sum")
    value.backward()
    (layer,) = net.layers
    pairs = [(value, loss), (net.w_hy.grad.t(), gradients["w_y"])]
    for gate, w, u in zip("rz", layer.w.grad.chunk(3, 1), layer.u.grad.chunk(3, 1)):
        pairs += [(w.t(), gradients[f"w_{gate}"]), (u.t(), gradients[f"u_{gate}"])]
    pairs.append((layer.w.grad.chunk(3, 1)[2].t(), gradients["w"]))
    pairs.append((layer.u.grad.chunk(3, 1)[2].diagonal(), np.diag(gradients["u"])))
    return pairs


@torch.no_grad()
def as_version2(weights: dict[str, np.ndarray]) -> model2.GRU:
    """A version 2 network with version 1's weights, and biases of zero."""
    symbols, hidden = weights["w_y"].shape
    net = model2.GRU(model2.Config(hidden=hidden), symbols)
    (layer,) = net.layers
    for ours, kind in ((layer.w, "w"), (layer.u, "u")):
        stacked = np.concatenate([weights[f"{kind}{gate}"] for gate in ("_r", "_z", "")])
        ours.copy_(torch.as_tensor(stacked.T))
    net.w_hy.copy_(torch.as_tensor(weights["w_y"].T))
    return net


# -- a direction's rival ------------------------------------------------------------------------


def five_grams() -> float:
    """Bits per character of a table of counts on the test split."""
    return ngram_baseline(PAPER.dataset, 5, "kneser-ney")
