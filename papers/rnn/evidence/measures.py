"""How the claims of claims.py are measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch

from common.evidence.claims import Equal, Exact, Pair
from common.evidence.measuring import equal
from common.exams.ngrams import ngram_baseline
from common.exams.text import predictor
from common.exams.words import real_words
from papers.rnn import PAPER
from papers.rnn.evidence import twins
from papers.rnn.task import Exam
from papers.rnn.version1 import model as model1
from papers.rnn.version2 import model as model2

SYMBOLS = 65  # of Tiny Shakespeare


# -- exact --------------------------------------------------------------------------------------


def parameters() -> Exact:
    """The defaults of min-char-rnn on Tiny Shakespeare's alphabet."""
    weights = model1.initialise(model1.Config(), SYMBOLS, np.random.default_rng(0))
    h, v = 100, SYMBOLS
    return Exact(sum(w.size for w in weights.values()), h * v + h * h + v * h + h + v)


def gradient_check() -> Exact:
    """The largest relative error of hand-written gradients against central differences."""
    return Exact(worst_gradient_error(np.random.default_rng(0)), 0.0, tolerance=1e-6)


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


def first_loss() -> Exact:
    """Before training every symbol is equally likely: ln V nats per character."""
    config, rng = model1.Config(), np.random.default_rng(0)
    weights = model1.initialise(config, SYMBOLS, rng)
    text = rng.integers(SYMBOLS, size=26)
    loss, _, _ = model1.loss_and_gradients(weights, text[:-1], text[1:], np.zeros(config.hidden))
    return Exact(float(loss / 25), math.log(SYMBOLS), tolerance=0.01)


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


def temporal_xor(seeds: Sequence[int]) -> Pair:
    """Every third bit is the XOR of the two before it; the others are coin tosses."""
    predictable, random = {}, {}
    for seed in seeds:
        bits = _xor_bits(seed)
        predictable[seed], random[seed] = bits[2::3].mean().item(), bits[0::3].mean().item()
    return Pair(predictable, random, sign=-1)


def _xor_sequences(rng: torch.Generator, count: int, triples: int) -> torch.Tensor:
    pairs = torch.randint(2, (count, triples, 2), generator=rng)
    return torch.cat([pairs, pairs.sum(2, keepdim=True) % 2], dim=2).flatten(1)


def _xor_bits(seed: int, steps: int = 400) -> torch.Tensor:
    """Bits of error at each position of held-out sequences, after training version 2 on others."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    net = model2.RNN(model2.Config(hidden=16), 2)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
    for _ in range(steps):
        x = _xor_sequences(rng, 32, 8)
        scores, _ = net(x[:, :-1])
        optimizer.zero_grad()
        model2.loss(scores, x[:, 1:]).backward()
        optimizer.step()
    x = _xor_sequences(rng, 512, 8)
    with torch.no_grad():
        log_p = net(x[:, :-1])[0].log_softmax(-1)
    bits = -log_p.gather(2, x[:, 1:, None])[..., 0] / math.log(2)  # of bits 1, 2, ... of each
    return torch.cat([bits.new_ones(1), bits.mean(0)])  # nothing predicts bit 0


def samples_improve(seeds: Sequence[int]) -> Pair:
    """The share of real words in a sample, after 20 and after 400 steps of version 2."""
    exam = Exam(PAPER.dataset)
    trained = [_real_words(exam, seed) for seed in seeds]
    late, early = ({s: t[k] for s, t in zip(seeds, trained, strict=True)} for k in (1, 0))
    return Pair(late, early, sign=+1)


def _real_words(exam: Exam, seed: int) -> tuple[float, float]:
    from common.run.engine import Masters

    torch.manual_seed(seed)
    config = model2.Config(hidden=64, batch=16, sequence=32, learning_rate=1e-2, steps=800)
    net = model2.RNN(config, exam.symbols)
    learner = model2.Learner(config, net, Masters(net.parameters()))
    rows = model2.streams(torch.as_tensor(exam.train), config.batch)
    shares = []
    for i in range(400):
        learner.step(rows, i)
        if i in (19, 399):
            shares.append(real_words(exam.parts.train, exam.sample(predictor(net), seed)))
    return shares[0], shares[1]


def five_grams() -> float:
    """Bits per character of a table of counts on the test split."""
    return ngram_baseline(PAPER.dataset, 5, "kneser-ney")
