"""How the claims of claims.py are measured."""

from __future__ import annotations

from statistics import fmean

import numpy as np

from common.data.text import load_text, split
from common.evidence.claims import Equal, Exact, Pair, View
from common.evidence.measuring import equal
from papers.gpt4 import PAPER, ask, task
from papers.gpt4.evidence import twins
from papers.gpt4.version2 import model as model2

COMPUTE = np.geomspace(1e9, 1e11, 6)
LAWS = ((300.0, -0.3, 1.5), (2e4, -0.5, 0.7), (12.0, -0.08, 0.0), (90.0, -0.2, 3.0))
FAR = np.array([3e11, 1e12, 1e13])  # FLOPs

# -- exact --------------------------------------------------------------------------------------


def law_is_recovered() -> Exact:
    """The worst relative error of forecasts from losses without noise."""
    worst = 0.0
    for numbers in LAWS:
        law = model2.Law(*numbers)
        found = model2.fit(COMPUTE, law.at(COMPUTE)).at(FAR)
        worst = max(worst, float(np.abs(found / law.at(FAR) - 1).max()))
    return Exact(worst, 0.0, tolerance=1e-4, note=f"{len(LAWS)} laws, up to 100 times as far")


def units_do_not_count() -> Exact:
    """Compute in petaflop/s-days, losses in nats: the same forecast, in its own units."""
    rng, day, nat = np.random.default_rng(0), 1e15 * 86_400, np.log(2)
    losses = model2.Law(*LAWS[0]).at(COMPUTE) * (1 + 0.01 * rng.standard_normal(6))
    here = model2.fit(COMPUTE, losses).at(FAR)
    there = model2.fit(COMPUTE / day, losses * nat).at(FAR / day)
    return Exact(float(np.abs(there / here / nat - 1).max()), 0.0, tolerance=1e-5)


def intervals_cover(times: int = 200) -> Exact:
    """How many made runs fall into the interval, of a law that holds and eight seeds a size."""
    rng, law, inside = np.random.default_rng(0), model2.Law(*LAWS[0]), 0
    for seed in range(times):
        losses = law.at(COMPUTE)[:, None] * (1 + 0.01 * rng.standard_normal((6, 8)))
        told = model2.foretell(COMPUTE, losses, FAR[0], seed=seed)
        inside += told.low <= law.at(FAR[0]) * (1 + 0.01 * rng.standard_normal()) <= told.high
    return Exact(float(inside / times), model2.LEVEL, tolerance=0.06, note=f"{times} made ladders")


def by_hand() -> Exact:
    """Four answers: 0.6 and 0.6 sure, one of them right; 0.9 and 1.0 sure, both right: half of
    0.1 and half of 0.05."""
    p = np.array([[0.6, 0.4], [0.4, 0.6], [0.9, 0.1], [1.0, 0.0]])
    truth = np.eye(2)[[0, 0, 0, 0]]
    return Exact(round(model2.calibration_error(p, truth, np.ones(4)), 12), 0.075)


def calibrated_is_zero() -> Exact:
    """Answers that are right as often as the model says."""
    p = np.random.default_rng(0).dirichlet(np.ones(6), 500)
    return Exact(model2.calibration_error(p, p, np.ones(500)), 0.0, tolerance=1e-12)


def compute_is_six_n_d() -> Exact:
    """6 N D over what torch counts: three times the products of reading tokens forward."""
    return Exact(twins.counted(), 1.0, tolerance=0.1)


def check_finds_what_was_asked() -> Exact:
    """How many of the settled questions that were asked in training, and of those that were not,
    the check tells rightly."""
    told = list(model2.contaminated(task.written(task.RANK, answered=False), training()))
    right = [(run is not None) != out for run, out in zip(told, task.HELD_OUT, strict=True)]
    return Exact(int(sum(right)), len(task.RANK))


def training() -> str:
    return "\n".join(task.written(np.flatnonzero(~task.HELD_OUT)))


def shared_with_training() -> Exact:
    """Speeches of Tiny Shakespeare's test split with a substring of 50 characters, or the whole of
    a shorter one, that the training split has."""
    parts = split(load_text(PAPER.dataset))
    speeches = [part for part in parts.test.split("\n\n") if model2.plain(part)]
    found = list(model2.contaminated(speeches, parts.train))
    long = sum(run is not None and len(run) == model2.PIECE for run in found)
    short = sum(run is not None for run in found) - long
    return Exact(long, 0, note=f"and {short} shorter ones, of {len(speeches)} speeches")


# -- equivalence --------------------------------------------------------------------------------


def fit_is_scipys() -> Equal:
    return equal(twins.fits(), tolerance=1e-5, note="forecasts of noisy losses, relative")


def calibration_is_sklearns() -> Equal:
    return equal(twins.curves(), tolerance=1e-12)


def penalty_is_torchs() -> Equal:
    return equal(twins.penalties(), tolerance=1e-6)


# -- directions ---------------------------------------------------------------------------------


def outcome(view: View, metric: str) -> tuple[float, float]:
    """What the held-out size gave, and its compute."""
    record = view.record(ask.variant(ask.HELD_OUT))
    values = view.values(record.variant, metric)
    return fmean(values.values()), record.seeds[0].metrics["compute"]


def misses(view, variants, metric, floor=True, nearest=None) -> dict[int, float]:
    """Seed by seed, how far the forecast from that seed's runs is from the outcome, as a share of
    it. Runs of more than 1 / `nearest` of the outcome's compute are left out."""
    value, at = outcome(view, metric)
    compute = [view.record(name).seeds[0].metrics["compute"] for name in variants]
    losses = [view.values(name, metric) for name in variants]
    kept = [n for n, spent in enumerate(compute) if spent * (nearest or 1) <= 1.05 * at]
    found = {}
    for seed in set.intersection(*(set(values) for values in losses)):
        law = model2.fit([compute[n] for n in kept], [losses[n][seed] for n in kept], floor)
        found[seed] = abs(float(law.at(at)[0]) / value - 1)
    return dict(sorted(found.items()))


def ladder() -> list[str]:
    return [ask.variant(size) for size in ask.LADDER]


def floor_is_nearer(view: View) -> Pair:
    metric = view.metric
    return Pair(misses(view, ladder(), metric), misses(view, ladder(), metric, floor=False), -1)


def ends_are_nearer(view: View) -> Pair:
    """The same sizes with schedules that end and with a rate that stays."""
    sizes, newest = ("xs", "s", "m", "l"), PAPER.newest
    ended = [*(ask.variant(size) for size in sizes), newest]
    never = [*(ask.variant(f"{size}_open") for size in sizes), f"{newest}+constant_rate"]
    return Pair(misses(view, ended, view.metric), misses(view, never, view.metric), -1)


def nearer_is_better(view: View) -> Pair:
    """From a third of the compute, against a thirtieth."""
    apart = {n: misses(view, ladder(), view.metric, nearest=n) for n in (3, 10, 30)}
    note = "; ".join(f"{n} x: {100 * fmean(x.values()):.1f} %" for n, x in apart.items())
    return Pair(apart[3], apart[30], -1, note)


def passes_are_foretold(view: View) -> Pair:
    """Against the pass rate of the largest run of the ladder, as if nothing more came."""
    value, _ = outcome(view, "log_pass")
    last = view.values(ladder()[-1], "log_pass")
    told = misses(view, ladder(), "log_pass", floor=False)
    return Pair(told, {seed: abs(last[seed] / value - 1) for seed in told}, -1)
