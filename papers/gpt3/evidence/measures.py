"""How the claims of claims.py are measured."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from common.data.text import load_text, split
from common.evidence import measuring
from common.evidence.claims import Equal, Exact, Pair, View
from papers.gpt2.version2.model import attend
from papers.gpt3 import PAPER
from papers.gpt3.evidence import twins
from papers.gpt3.version2 import model as model2

# Table 2.1: layers, width, heads, width of a head, and how many parameters it prints
TABLE = {
    "small": (12, 768, 12, 64, "125M"),
    "medium": (24, 1024, 16, 64, "350M"),
    "large": (24, 1536, 16, 96, "760M"),
    "xl": (24, 2048, 24, 128, "1.3B"),
    "2-7b": (32, 2560, 32, 80, "2.7B"),
    "6-7b": (32, 4096, 32, 128, "6.7B"),
    "13b": (40, 5140, 40, 128, "13.0B"),
    "175b": (96, 12_288, 96, 128, "175.0B"),
}
VOCABULARY, CONTEXT = 50_257, 2_048
SIZES = ("xs", "s", "m", "l")  # beside the newest version, which is the largest

# -- exact --------------------------------------------------------------------------------------


def parameters(size: str) -> int:
    layers, d, *_ = TABLE[size]
    return model2.parameters(layers, d, VOCABULARY, CONTEXT)


def count(size: str) -> Exact:
    """By the formula, as the table prints it: whole millions, or billions to a tenth."""
    found, large = parameters(size), TABLE[size][-1].endswith("B")
    shown = f"{found / 1e9:.1f}B" if large else f"{found / 1e6:.0f}M"
    return Exact(shown, TABLE[size][-1], note=f"{found:,}")


def formula() -> Exact:
    """The formula against a net of each printed width that its heads divide, built on no device."""
    wrong = 0
    for layers, d, *_ in TABLE.values():
        config = model2.Config(layers=layers, d_model=d, heads=1)
        made = measuring.parameters(lambda config=config: model2.GPT3(config, VOCABULARY))
        wrong = max(wrong, abs(made - model2.parameters(layers, d, VOCABULARY, CONTEXT)))
    return Exact(wrong, 0, note="eight sizes, layers and widths as printed")


def heads_fill_the_width() -> Exact:
    """How many rows of the table have d_model = heads x d_head."""
    odd = [f"{name}: {h} x {k} = {h * k:,}, not {d:,}"
           for name, (_, d, h, k, _) in TABLE.items() if d != h * k]  # fmt: skip
    return Exact(len(TABLE) - len(odd), len(TABLE), note="; ".join(odd))


@torch.no_grad()
def products(function, *arguments) -> int:
    """Multiplications in matrix products, as torch counts them."""
    with FlopCounterMode(display=False) as counted:
        function(*arguments)
    return counted.get_total_flops() // 2


def cost(block: int | None = 1, n: int = 256, w: int = 16, width: int = 8) -> tuple[int, int]:
    """Products of one head over n places: of a band, and of all places."""
    q, k, v = torch.randn(3, 1, 1, n, width).unbind(0)
    hidden = torch.zeros(n, n)
    return products(model2.banded, q, k, v, w, block), products(attend, q, k, v, hidden)


def band_costs_n_w() -> Exact:
    """Products of a banded layer over those of a dense one: n w d_k for n n d_k, twice."""
    band, dense = cost()
    taken = cost(block=None)[0] / dense
    return Exact(band / dense, 16 / 256, note=f"in blocks of w places, as it runs: {taken:.3f}")


@torch.no_grad()
def band_is_the_mask() -> Exact:
    """The largest difference of what the band gives from the full matrix with a mask, over widths,
    lengths and how much was known before."""
    worst, rng = 0.0, torch.Generator().manual_seed(0)
    for t, s, w in ((12, 12, 4), (13, 13, 5), (1, 9, 4), (6, 11, 3), (7, 7, 1), (5, 5, 9)):
        q = torch.randn(2, 3, t, 8, generator=rng)
        k, v = torch.randn(2, 2, 3, s, 8, generator=rng).unbind(0)
        back = torch.arange(s - t, s)[:, None] - torch.arange(s)
        seen = (back >= 0) & (back < w)
        hidden = torch.where(seen, 0.0, -math.inf)
        worst = max(worst, (model2.banded(q, k, v, w) - attend(q, k, v, hidden)).abs().max().item())
    return Exact(worst, 0.0, tolerance=1e-5)


@torch.no_grad()
def cache_equals_no_cache() -> Exact:
    """Scores token by token against scores of the whole window."""
    net, tokens = twins.tiny(), twins.some_tokens()
    state, found = None, []
    for token in tokens.split(1, dim=1):
        scores, state = net.read(token, state)
        found.append(scores)
    return Exact((torch.cat(found, 1) - net(tokens)).abs().max().item(), 0.0, tolerance=1e-5)


def shared_with_training() -> Exact:
    """Speeches of Tiny Shakespeare's test split of which the training split has 13 words in a row,
    or, of shorter ones, the whole."""
    parts = split(load_text(PAPER.dataset))
    speeches = [part for part in parts.test.split("\n\n") if model2.words(part)]
    found = list(model2.contaminated(speeches, parts.train))
    long = [run for run in found if run and len(run.split()) >= model2.WORDS]
    short = sum(run is not None for run in found) - len(long)
    note = f"and {short} of fewer words, of {len(speeches)} speeches"
    return Exact(len(long), 0, note=note)


# -- equivalence --------------------------------------------------------------------------------


def dense_is_gpt2() -> Equal:
    return Equal(twins.worst_of_gpt2(), 1e-5)


def banded_is_gpt_neo() -> Equal:
    return Equal(twins.worst_of_neo(), 1e-5)


def masks_are_gpt_neos() -> Equal:
    return Equal(twins.worst_of_masks(), 0.0)


# -- directions ---------------------------------------------------------------------------------


def answered(view: View, variant: str, shots: int) -> dict[int, float]:
    """Right answers after so many examples, the shares of both kinds of tasks added."""
    recall, linear = (view.values(variant, f"{kind}_{shots}") for kind in ("recall", "linear"))
    return {seed: recall[seed] + linear[seed] for seed in recall}


def more_shots(view: View, more: int, fewer: int) -> Pair:
    return Pair(*(answered(view, PAPER.newest, shots) for shots in (more, fewer)), sign=+1)


def gain(view: View, variant: str) -> dict[int, float]:
    """What seven examples add to none."""
    few, none = (answered(view, variant, shots) for shots in (7, 0))
    return {seed: few[seed] - none[seed] for seed in few}


def larger_gain_more(view: View) -> Pair:
    return Pair(gain(view, PAPER.newest), gain(view, f"{PAPER.newest}-{SIZES[0]}"), sign=+1)


def power_law(view: View) -> Pair:
    """R^2 of log loss on log compute over five sizes, seed by seed, against 0.9."""
    newest, record = PAPER.newest, view.record
    variants = [*(f"{newest}-{size}" for size in SIZES), newest]
    bits = [view.values(variant, "validation_bits") for variant in variants]
    compute = [compute_of(record(variant)) for variant in variants]
    seeds = set.intersection(*(set(values) for values in bits))
    fits = {seed: fitted(compute, [values[seed] for values in bits]) for seed in sorted(seeds)}
    slope = np.mean([fit[0] for fit in fits.values()])
    off = max(np.abs(fit[2]).max() for fit in fits.values())
    note = f"mean slope {slope:.3f}, the largest residual {100 * (math.exp(off) - 1):.1f} %"
    return Pair({s: fit[1] for s, fit in fits.items()}, dict.fromkeys(fits, 0.9), +1, note)


def compute_of(record) -> float:
    """6 x parameters x tokens (Appendix D)."""
    tokens = record.config["batch"] * record.config["context"] * record.config["steps"]
    return 6 * record.seeds[0].metrics["parameters"] * tokens


def fitted(compute, loss) -> tuple[float, float, np.ndarray]:
    """Slope, R^2 and residuals of log loss on log compute."""
    x, y = np.log(compute), np.log(loss)
    slope, start = np.polyfit(x, y, 1)
    residuals = y - slope * x - start
    return slope, 1 - residuals.var() / y.var(), residuals
