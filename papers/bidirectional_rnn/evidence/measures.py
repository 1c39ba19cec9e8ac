# Decide here: how is each claim measured, at sizes that take seconds?
"""How the claims of claims.py are measured; the trainings are in experiments.py."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

import torch

from common.evidence.claims import Equal, Exact, Pair
from papers.bidirectional_rnn.evidence import experiments, twins
from papers.bidirectional_rnn.version1 import model as model1
from papers.bidirectional_rnn.version2 import model as model2

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # Algorithm 1
NOTHING = 1e-300  # in place of an epsilon of 0, where 0 / 0 would be asked for
SILENCE = [0.0] * 20_000  # after so many zeros the corrections are 1 to nine digits


def steps(rule: Callable, gradients: Iterable[float], **settings) -> list[float]:
    """What the rule subtracts from theta at each step, in units of alpha."""
    state: dict = {}
    return [-rule(0.0, g, state, t, 1.0, **settings) for t, g in enumerate(gradients, start=1)]


# -- the size of a step (Sec. 2.1, 3, 7.1) -------------------------------------------------------


def bound() -> float:
    """(1 - beta1) / sqrt(1 - beta2), in units of alpha."""
    return (1 - BETA1) / (1 - BETA2) ** 0.5


def supremum() -> float:
    """What no sequence of gradients can exceed, in units of alpha (Cauchy-Schwarz)."""
    return (1 - BETA1) / ((1 - BETA2) * (1 - BETA1**2 / BETA2)) ** 0.5


def spike() -> Exact:
    """One gradient after zeros: the case for which the bound is stated."""
    return Exact(steps(twins.adam, [*SILENCE, 1.0], epsilon=NOTHING)[-1], bound(), tolerance=1e-6)


def largest_step() -> Exact:
    """Gradients that grow by beta2 / beta1, the worst case by the Cauchy-Schwarz inequality."""
    growing = [(BETA2 / BETA1) ** i for i in range(300)]
    worst = max(steps(twins.adam, [*SILENCE, *growing], epsilon=NOTHING))
    return Exact(worst, bound(), 1e-6, note=f"the supremum over all sequences is {supremum():.4f}")


def adamax_bound() -> Exact:
    """Gradients that shrink by beta2: u stays at the old ones, and they fill m."""
    shrinking = [BETA2**i for i in range(300)]
    return Exact(max(steps(twins.adamax, shrinking)), 1.0, tolerance=1e-6)


def uncorrected_first_step() -> Exact:
    """Without correction the first step is not alpha."""
    found = steps(twins.uncorrected, [1.0], epsilon=0.0)[0]
    return Exact(found, bound(), tolerance=1e-9)


def small_beta2_is_the_risk() -> Exact:
    """Whether the uncorrected first step is larger with a small beta2 than with a large one."""
    small, large = (
        steps(twins.uncorrected, [1.0], beta2=beta2, epsilon=0.0)[0] for beta2 in (0.9, 0.9999)
    )
    note = f"first step: {small:.3f} alpha with beta2 = 0.9, {large:.3f} alpha with 0.9999"
    return Exact(small > large, True, note=note)


# -- the scale of gradients (Sec. 2.1) -----------------------------------------------------------


def noise(size: float, count: int = 500, seed: int = 0) -> list[float]:
    """Gradients with a mean of half their deviation."""
    draw = random.Random(seed)
    return [size * draw.gauss(0.5, 1.0) for _ in range(count)]


def scale_dependence(epsilon: float, factor: float) -> float:
    """The largest change of a step, in units of alpha, when gradients of 0.001 are rescaled."""
    gradients = noise(1e-3)
    plain = steps(twins.adam, gradients, epsilon=epsilon)
    scaled = steps(twins.adam, [factor * g for g in gradients], epsilon=epsilon)
    return max(abs(a - b) for a, b in zip(plain, scaled))


def scale_invariance() -> Exact:
    """Without epsilon."""
    return Exact(max(scale_dependence(0.0, c) for c in (1000.0, 1e-4)), 0.0, tolerance=1e-12)


def scale_invariance_with_epsilon() -> Exact:
    """With Algorithm 1's epsilon, gradients of 0.001 made 10,000 times smaller."""
    return Exact(scale_dependence(EPSILON, 1e-4), 0.0, tolerance=1e-6)


def efficient_order() -> Exact:
    """The order of computation of Sec. 2 with epsilon-hat = epsilon sqrt(1 - beta2^t)."""
    gradients, state, worst = noise(1e-6), {}, 0.0
    plain = steps(twins.adam, gradients)
    for t, g in enumerate(gradients, start=1):
        hat = EPSILON * (1 - BETA2**t) ** 0.5
        step = -twins.efficient(0.0, g, state, t, 1.0, epsilon=hat)
        worst = max(worst, abs(plain[t - 1] - step))
    return Exact(worst, 0.0, tolerance=1e-12)


# -- convergence (Reddi et al. 2018) and decay (Loshchilov and Hutter 2019) ----------------------

SLOPE, HORIZON = 3.0, 30_000


def theorem1(rule: Callable, start: float) -> tuple[float, float]:
    """The last x and the average regret on the problem of Thm. 1 with C = 3."""
    slopes = experiments.theorem1(SLOPE, HORIZON)
    settings = experiments.theorem1_settings(SLOPE)
    return experiments.follow(rule, slopes, start, 1.0, **settings)


def adam_does_not_converge() -> Exact:
    """Average regret, begun at the optimum, beside that of sitting at +1: (2 C - 4) / 3."""
    return Exact(theorem1(twins.adam, -1.0)[1], (2 * SLOPE - 4) / 3, tolerance=0.01)


def amsgrad_converges() -> Exact:
    """Where AMSGrad ends on the same problem, begun at the other end."""
    return Exact(theorem1(twins.amsgrad, 1.0)[0], -1.0, tolerance=0.01)


def l2_is_decay_for_sgd() -> Exact:
    """Gradient descent with the penalty lambda / alpha, and with decay lambda: how they differ."""
    alpha, decay, penalised, decayed, worst = 0.1, 0.01, 1.0, 1.0, 0.0
    for t, g in enumerate(noise(1.0), start=1):
        penalised = twins.sgd(penalised, g + decay / alpha * penalised, {}, t, alpha)
        decayed = twins.sgd((1 - decay) * decayed, g, {}, t, alpha)
        worst = max(worst, abs(penalised - decayed))
    return Exact(worst, 0.0, tolerance=1e-12)


# -- implementations that we did not write -------------------------------------------------------


def version1_is_torch_adam() -> Equal:
    return Equal(twins.difference(twins.adam, torch.optim.Adam), 1e-12)


def amsgrad_is_torch() -> Equal:
    """With moments corrected after the maximum, as torch does and the paper does not."""

    def rule(*arguments):
        return twins.amsgrad(*arguments, corrected=True)

    return Equal(twins.difference(rule, torch.optim.Adam, amsgrad=True), 1e-12)


def adamax_is_torch() -> Equal:
    """With torch's epsilon, which the paper does not have."""

    def rule(*arguments):
        return twins.adamax(*arguments, epsilon=EPSILON)

    return Equal(twins.difference(rule, torch.optim.Adamax), 1e-12)


def versions_agree() -> Equal:
    """Version 1's loop body and version 2 without decay, 200 float64 steps of one tensor."""

    class Ours(model2.AdamW):
        def __init__(self, parameters, lr):
            super().__init__(parameters, lr=lr, weight_decay=0.0)

    return Equal(twins.difference(twins.adam, Ours), 1e-12)


def one_tensor_with_penalty() -> Equal:
    """Version 1's optimizer, L2 and all, on a single tensor: torch.optim.Adam(weight_decay)."""
    theta = torch.linspace(-1, 1, 50, dtype=torch.float64)
    other = theta.clone().requires_grad_()
    ours = model1.Adam([theta], model1.Config(l2=0.1))
    theirs = torch.optim.Adam([other], weight_decay=0.1)
    for g in twins.wide_gradients((50,), 200):
        ours.step([g])
        other.grad = g.clone()
        theirs.step()
    return Equal((theta - other).abs().max().item(), 1e-12)


# -- directions ----------------------------------------------------------------------------------


def adam_beats_adagrad(seeds: Sequence[int]) -> Pair:
    found = [
        experiments.at_best(experiments.logistic, r, seeds) for r in (twins.adam, twins.adagrad)
    ]
    return Pair(*found, sign=-1)
