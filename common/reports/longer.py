"""The newest version as far as half an hour goes, beside numbers that others published."""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import fmean

from common.paper import LONG, Published
from common.records.record import Record, SeedRun
from common.reports.results import Results
from common.reports.text import NONE, Safe, Table, code, escape, link, number

TOGETHER = ("validation_bits", "bits_per_character")  # of two halves of the text's last tenth
BLEU = "bleu"
LAST_TENTH = "Nats per character, last tenth"


def table(results: Results) -> Table:
    """A row for each long record, one for each published number; empty without a record."""
    records = [record for record in results.records if record.size == LONG]
    label, read = _measure(results)
    rows = [_trained(record, read) for record in records]
    rows += [_published(one) for one in results.paper.published] if rows else []
    return Table(["", label, "Seeds", "Training, min", "On"], rows, right=range(1, 4))


def _measure(results: Results) -> tuple[str, Callable[[SeedRun], float | None]]:
    """What others report: nats on the last tenth of a text undivided, BLEU of translations."""
    metric = results.paper.metric
    if metric.name == TOGETHER[1]:
        return LAST_TENTH, _last_tenth
    if any(BLEU in record.seeds[0].metrics for record in results.records):
        return "BLEU", lambda seed: seed.metrics.get(BLEU)
    return metric.label, lambda seed: seed.metrics.get(metric.name)


def _last_tenth(seed: SeedRun) -> float | None:
    halves = [seed.metrics.get(name) for name in TOGETHER]
    found = [bits * math.log(2) for bits in halves if bits is not None]
    return fmean(found) if len(found) == len(halves) else None


def _trained(record: Record, read: Callable[[SeedRun], float | None]) -> list[object]:
    values = [value for seed in record.seeds if (value := read(seed)) is not None]
    return [
        code(record.variant),
        number(fmean(values)) if values else Safe("diverged"),
        len(record.seeds),
        number(fmean([seed.seconds / 60 for seed in record.seeds]), 2),
        code(record.hardware.name),
    ]


def _published(one: Published) -> list[object]:
    how = Safe(f", {escape(one.how)}") if one.how else ""
    return [Safe(link(one.what, one.url) + how), number(one.value), *[Safe(NONE)] * 3]
