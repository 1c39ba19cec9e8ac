# Decide here: how is each claim measured, at sizes that take seconds?
"""How the claims of claims.py are measured."""

from __future__ import annotations

import numpy as np
import torch

from common.evidence.claims import Equal, Exact
from common.evidence.measuring import equal
from common.exams.ngrams import ngram_baseline
from papers.lstm import PAPER
from papers.lstm.evidence import twins
from papers.lstm.version1 import model as model1
from papers.lstm.version2 import model as model2

SYMBOLS = 65  # of Tiny Shakespeare


# -- exact --------------------------------------------------------------------------------------


def parameters() -> Exact:
    """The defaults of min-char-rnn on Tiny Shakespeare's alphabet."""
    weights = model1.initialise(model1.Config(), SYMBOLS, np.random.default_rng(0))
    h, v = 100, SYMBOLS
    return Exact(sum(w.size for w in weights.values()), h * v + h * h + v * h + h + v)


def worst_gradient_error(rng: np.random.Generator, delta: float = 1e-5) -> float:
    """On a small network in float64; over all components of all weights."""
    config = model1.Config(hidden=6, weight_scale=0.5)
    weights = model1.initialise(config, 5, rng)
    inputs, targets, h = rng.integers(5, size=8), rng.integers(5, size=8), rng.standard_normal(6)
    _, gradients, _ = model1.loss_and_gradients(weights, inputs, targets, h)
    worst = 0.0
    for name, w in weights.items():
        for i in np.ndindex(w.shape):
            numeric = _central_difference(weights, w, i, (inputs, targets, h), delta)
            exact = gradients[name][i]
            worst = max(worst, abs(numeric - exact) / max(abs(numeric) + abs(exact), 1e-3))
    return float(worst)


def _central_difference(weights, w, i, example, delta: float) -> float:
    kept, losses = w[i], []
    for sign in (1, -1):
        w[i] = kept + sign * delta
        losses.append(model1.loss_and_gradients(weights, *example)[0])
    w[i] = kept
    return (losses[0] - losses[1]) / (2 * delta)


# -- equivalence --------------------------------------------------------------------------------


def version2_is_torchs() -> Equal:
    """Outputs, final state and all gradients against torch.nn.RNN with copied weights."""
    return Equal(twins.worst(), 1e-5)


def version1_equals_version2() -> Equal:
    """The same weights, in NumPy by hand and in torch by autograd: loss and gradients."""
    config = model1.Config(hidden=9, weight_scale=0.3)
    weights = model1.initialise(config, 7, np.random.default_rng(0))
    net = as_version2(weights)
    text = np.random.default_rng(1).integers(7, size=13)
    loss, gradients, _ = model1.loss_and_gradients(weights, text[:-1], text[1:], np.zeros(9))
    tokens = torch.as_tensor(text)[None]
    scores, _ = net(tokens[:, :-1])
    value = model2.loss(scores, tokens[:, 1:])
    value.backward()
    pairs = [(value, loss / 12)]  # version 1 sums over the steps
    pairs += [(getattr(net, name).grad.double().t() * 12, g) for name, g in gradients.items()]
    return equal(pairs)


def as_version2(weights: dict[str, np.ndarray]):
    """A version 2 network with version 1's weights."""
    symbols, hidden = weights["w_hy"].shape
    net = model2.RNN(model2.Config(hidden=hidden), symbols)
    with torch.no_grad():
        for name, w in weights.items():
            getattr(net, name).copy_(torch.as_tensor(w.T))
    return net


# -- directions ---------------------------------------------------------------------------------


def five_grams() -> float:
    """Bits per character of a table of counts on the test split."""
    return ngram_baseline(PAPER.dataset, 5, "kneser-ney")
