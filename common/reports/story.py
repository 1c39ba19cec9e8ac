"""A room's own words for its page, papers/<p>/story.md.j2: all optional, numbers by reference.

    {% set short = "GPT-2" %}
    {% set idea %}A Transformer that does nothing but predict the next token.{% endset %}
    {% set model %}{{ result("version2.config.layers") }} layers{% endset %}
    {% set baseline = claimed("beats-ngrams", "6-gram", "a table of counts") %}
    What surprised us, as markdown.

No training run and no evidence rests on this file, so it can be mended at any time.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import jinja2

from common.errors import UserError, nearest
from common.evidence.outcomes import SEEDS
from common.evidence.pairs import sides
from common.evidence.statistics import Summary
from common.reports import store
from common.reports.environment import environment
from common.reports.references import resolver
from common.reports.results import Results
from common.reports.text import Safe, escape

CLOSE = 1e-4  # relative: evidence keeps six digits


@dataclass(frozen=True)
class Baseline:
    """What something simple gets, beside what the newest version gets in the same unit."""

    name: str  # short, for tables: "6-gram"
    phrase: str  # for a sentence: "a table that counts six characters"
    value: float
    ours: Summary
    unit: str
    lower_is_better: bool
    headline: bool  # in the paper's own metric, so that it can stand in the curves
    over: str = SEEDS  # what the values of `ours` are of

    @property
    def beaten(self) -> bool:
        """Are we better, as far as the interval tells?"""
        return self.ours.high < self.value if self.lower_is_better else self.ours.low > self.value

    @property
    def ahead(self) -> bool:
        """Is the baseline better than we are?"""
        return self.ours.low > self.value if self.lower_is_better else self.ours.high < self.value


@dataclass(frozen=True)
class Story:
    """What a room says of itself in its reports; "" and None for what it leaves out."""

    short: str
    idea: Safe = Safe("")
    model: Safe = Safe("")
    baseline: Baseline | None = None
    surprise: Safe = Safe("")


def read(results: Results) -> Story:
    """The room's story, its references resolved. UserError names the file and the mistake."""
    path = results.folder / "story.md.j2"
    if not path.is_file():
        return Story(results.paper.title)
    label = f"papers/{results.name}/story.md.j2"
    if not results.versions():
        return Story(results.paper.title)  # nothing to refer to yet
    try:
        template = environment().from_string(path.read_text(encoding="utf-8"))
        module = template.make_module(
            {"result": resolver(results), "claimed": _claimed(results), "guess": _guess(results)}
        )
    except jinja2.TemplateError as error:
        raise UserError(f"{label} cannot be rendered: {error}.") from None
    except UserError as error:
        raise UserError(f"{label}: {error}") from None
    words = {
        name: Safe(" ".join(str(getattr(module, name, "")).split())) for name in ("idea", "model")
    }
    return Story(
        short=getattr(module, "short", results.paper.title),
        baseline=getattr(module, "baseline", None),
        surprise=Safe(str(module).strip()),
        **words,
    )


def _claimed(results: Results) -> Callable[[str, str, str], Baseline | None]:
    """`claimed(claim, name, phrase)`: the worse side of a direction claim, from verdicts.json."""

    def claimed(claim: str, name: str, phrase: str) -> Baseline | None:
        pairs = results.evidence.get("pairs", {})
        if claim not in pairs:
            if any(row["id"] == claim for row in results.evidence.get("claims", ())):
                return None  # not measured on this hardware
            raise UserError(f"no claim {claim!r} with values." + nearest(claim, pairs))
        ours, worse = map(tuple, sides(pairs[claim]))
        row = next(row for row in results.evidence["claims"] if row["id"] == claim)
        found = store.summary(ours)
        own = results.summary(_newest(results), results.paper.metric.name)
        headline = own is not None and math.isclose(own.mean, found.mean, rel_tol=CLOSE)
        unit = row["unit"] or ""
        value, lower = sum(worse) / len(worse), pairs[claim]["sign"] < 0
        over = row.get("over") or SEEDS
        return Baseline(name, phrase, value, found, unit, lower, headline, over)

    return claimed


def _guess(results: Results) -> Callable[[int, str, str], Baseline | None]:
    """`guess(choices, name, phrase)`: the cost of giving each choice the same chance."""

    def guess(choices: int, name: str, phrase: str) -> Baseline | None:
        metric = results.paper.metric
        ours = results.summary(_newest(results), metric.name)
        if ours is None:
            return None
        value = math.log2(choices) if metric.label.startswith("bits") else math.log(choices)
        return Baseline(name, phrase, value, ours, metric.label, metric.lower_is_better, True)

    return guess


def _newest(results: Results) -> str:
    return (results.numbered() or results.versions())[-1]


def unit(text: str) -> Safe:
    """ "bits per character (test)" as a table's cell has room for: "bits/char"."""
    return escape(text.partition(" (")[0].replace(" per ", "/").replace("/character", "/char"))
