"""Fits, reliability curves and penalties of SciPy, scikit-learn and torch, beside ours."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from papers.gpt4.version2 import model

SYMBOLS = 95


def fits(count: int = 20) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """What our fit and SciPy's curve_fit foretell of runs 3 to 100 times as far, over what the
    law says, for ladders of noisy losses: relative errors are minimised by both."""
    from scipy.optimize import curve_fit

    compute, far = np.geomspace(1e9, 1e11, 7), np.array([3e11, 1e13])
    unit = 1e10  # SciPy's search needs numbers near 1
    for seed in range(count):
        rng, law = np.random.default_rng(seed), model.Law(400.0, -0.3, 1.5)
        losses = law.at(compute) * (1 + 0.003 * rng.standard_normal(7))
        (a, b, c), _ = curve_fit(
            lambda x, a, b, c: a * x**b + c,
            compute / unit,
            losses,
            p0=(0.5, -0.3, 1.5),
            sigma=losses,
            bounds=([0, -3, 0], [np.inf, -0.01, np.inf]),
            xtol=1e-14, ftol=1e-14, gtol=1e-14, max_nfev=10_000,
        )  # fmt: skip
        theirs = a * (far / unit) ** b + c
        yield model.fit(compute, losses).at(far) / law.at(far), theirs / law.at(far)


def curves(count: int = 10) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Confidence and accuracy of the bins, ours and scikit-learn's calibration_curve."""
    from sklearn.calibration import calibration_curve

    for seed in range(count):
        rng = np.random.default_rng(seed)
        p = rng.dirichlet(np.full(4, 0.7), 400)
        right = np.array([rng.choice(4, p=row) for row in p])
        truth, hit = np.eye(4)[right], p.argmax(1) == right
        _, said, true = model.reliability(p, truth, np.ones(400))
        theirs = calibration_curve(hit, p.max(1), n_bins=model.BINS)
        full = ~np.isnan(true)
        yield np.stack([true[full], said[full]]), np.stack(theirs)


def penalties() -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The objective and its gradient, ours and from torch's kl_div and Categorical."""
    rng = torch.Generator().manual_seed(0)
    before, reward = torch.randn(9, 5, generator=rng), torch.rand(9, 5, generator=rng)
    ours = torch.randn(9, 5, generator=rng).requires_grad_()
    theirs = ours.detach().clone().requires_grad_()
    value = model.objective(ours.log_softmax(-1), before.log_softmax(-1), reward, 0.3)
    drawn = torch.distributions.Categorical(logits=theirs)
    apart = torch.nn.functional.kl_div(
        before.log_softmax(-1), theirs.log_softmax(-1), reduction="batchmean", log_target=True
    )
    other = 1 - (drawn.probs * reward).sum(-1).mean() + 0.3 * apart
    value.backward(), other.backward()
    yield value, other
    yield ours.grad, theirs.grad


@torch.no_grad()
def counted() -> float:
    """`compute` over three times what torch counts while a net of the smallest size reads."""
    net = model.GPT2(model.Config(context=8, d_model=32, heads=1, layers=2), SYMBOLS)
    tokens = torch.arange(8)[None]
    with FlopCounterMode(display=False) as found:
        net(tokens)
    return model.compute(net, 8) / (3 * found.get_total_flops())
