# Decide here: whose implementation computes the same with our weights in it?
"""What Adam is compared with: torch's optimizers, and its relatives as their papers write them.

Each rule takes (theta, g, state, t, alpha) and returns the new theta; `state` is a dict that the
rule keeps for itself, empty at first. All take numbers and tensors alike; t counts from 1.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from papers.bidirectional_rnn.version1.model import algorithm1
from papers.bidirectional_rnn.version2.model import AdamW, groups


def adam(theta, g, state, t, alpha, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Algorithm 1, as version 1 has it."""
    m, v = state.get("m", 0 * g), state.get("v", 0 * g)
    theta, state["m"], state["v"] = algorithm1(theta, g, m, v, t, alpha, beta1, beta2, epsilon)
    return theta


def uncorrected(theta, g, state, t, alpha, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """Adam without the correction of Sec. 3: RMSProp with momentum, as Sec. 6.4 compares it."""
    _moments(g, state, beta1, beta2)
    return theta - alpha * state["m"] / (state["v"] ** 0.5 + epsilon)


def efficient(theta, g, state, t, alpha, beta1=0.9, beta2=0.999, epsilon=1e-8):
    """The other order of computation, end of Sec. 2. Its epsilon is called epsilon-hat."""
    _moments(g, state, beta1, beta2)
    rate = alpha * (1 - beta2**t) ** 0.5 / (1 - beta1**t)
    return theta - rate * state["m"] / (state["v"] ** 0.5 + epsilon)


def amsgrad(theta, g, state, t, alpha, beta1=0.9, beta2=0.999, epsilon=1e-8, corrected=False):
    """Reddi et al. 2018, Alg. 2: the largest v so far below the fraction bar.

    The paper corrects no bias. With `corrected` both moments are, after the maximum is taken of
    the raw v: that is what torch computes.
    """
    _moments(g, state, beta1, beta2)
    state["largest"] = larger(state.get("largest", 0 * g), state["v"])
    first, second = (1 - beta1**t, 1 - beta2**t) if corrected else (1, 1)
    return theta - alpha * (state["m"] / first) / ((state["largest"] / second) ** 0.5 + epsilon)


def adamax(theta, g, state, t, alpha, beta1=0.9, beta2=0.999, epsilon=0.0):
    """Kingma and Ba, Alg. 2: v in the limit of the infinity norm; u needs no correction.

    The paper has no epsilon; torch adds one to |g|.
    """
    state["m"] = beta1 * state.get("m", 0 * g) + (1 - beta1) * g
    state["u"] = larger(beta2 * state.get("u", 0 * g), abs(g) + epsilon)
    return theta - alpha / (1 - beta1**t) * state["m"] / state["u"]


def adagrad(theta, g, state, t, alpha, epsilon=1e-8):
    """Duchi et al. 2011: divides by the root of the sum of all g^2."""
    state["sum"] = state.get("sum", 0 * g) + g * g
    return theta - alpha * g / (state["sum"] ** 0.5 + epsilon)


def sgd(theta, g, state, t, alpha):
    """Plain gradient descent."""
    return theta - alpha * g


def _moments(g, state, beta1, beta2):
    state["m"] = beta1 * state.get("m", 0 * g) + (1 - beta1) * g
    state["v"] = beta2 * state.get("v", 0 * g) + (1 - beta2) * (g * g)


def larger(a, b):
    """The larger of two, element by element."""
    return a.maximum(b) if hasattr(a, "maximum") else max(a, b)


# -- torch's optimizers beside ours ----------------------------------------------------------------


def wide_gradients(shape: tuple[int, ...], count: int, dtype=torch.float64) -> list[torch.Tensor]:
    """Gradients whose components differ in size by seven orders, 1e-6 to 10."""
    draw = torch.Generator().manual_seed(0)
    size = 10 ** torch.linspace(-6, 1, shape[-1], dtype=dtype)
    return [torch.randn(shape, generator=draw, dtype=dtype) * size for _ in range(count)]


def difference(rule: Callable, theirs: type, **settings) -> float:
    """The largest difference between a rule and a torch optimizer over 200 float64 steps."""
    theta = torch.linspace(-1, 1, 50, dtype=torch.float64)
    other = theta.clone().requires_grad_()
    optimizer, state, worst = theirs([other], lr=0.01, **settings), {}, 0.0
    for t, g in enumerate(wide_gradients((50,), 200), start=1):
        theta = rule(theta, g, state, t, 0.01)
        other.grad = g.clone()
        optimizer.step()
        worst = max(worst, (theta - other).abs().max().item())
    return worst


def shapes() -> dict[str, tuple[int, ...]]:
    """Small, larger than a block, and vectors."""
    return {"a": (30, 40), "b": (40,), "c": (300, 700), "d": (7,), "e": (2, 3, 4)}


def adamw_difference(count: int, **theirs) -> float:
    """The largest difference from torch.optim.AdamW(foreach=True) over `count` steps."""
    draw = torch.Generator().manual_seed(0)
    ours = {k: torch.randn(s, generator=draw).requires_grad_() for k, s in shapes().items()}
    other = {k: p.detach().clone().requires_grad_() for k, p in ours.items()}
    matrices = [p for p in other.values() if p.dim() > 1]
    vectors = [p for p in other.values() if p.dim() == 1]
    split = [{"params": matrices, "weight_decay": 0.3}, {"params": vectors, "weight_decay": 0.0}]
    pair = (
        AdamW(groups(ours.items(), 0.3)),
        torch.optim.AdamW(split, **{"foreach": True, **theirs}),
    )
    for t in range(count):
        gradients = {k: torch.randn(s, generator=draw) * 10**-t for k, s in shapes().items()}
        for optimizer, parameters in zip(pair, (ours, other)):
            for key, p in parameters.items():
                p.grad = gradients[key].clone()
            for group in optimizer.param_groups:
                group["lr"] = 0.01 * (1 - t / (count + 1))
            optimizer.step()
    return max((ours[k] - other[k]).abs().max().item() for k in ours)
