"""The reports' numbers: queried from a tracking store that is rebuilt from the records.

So the user interface and the reports cannot disagree. What comes out is compared with what went
in; a number that differs is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from common.errors import UserError
from common.evidence import statistics
from common.records.record import MEASURED, Record
from common.tracking.client import import_records, query, temporary_store
from common.tracking.keys import AXES, NAMED

RUN = ("paper", "variant", "hardware", "seed", "seconds", "tokens_per_second", "peak_memory_mib")
CURVE = ("paper", "variant", "hardware", "seed", "phase", "step", *AXES, *MEASURED)
SYSTEM = {  # RUN's names -> the store's
    "seconds": "training_seconds",
    "tokens_per_second": "tokens_per_second",
    "peak_memory_mib": "peak_memory_mib",
}
KEY = ["paper", "variant", "hardware", "seed"]
POINT = [*KEY, "phase", "step"]


@lru_cache(maxsize=1 << 16)
def summary(values: tuple[float, ...]) -> statistics.Summary:
    """`statistics.summary`, remembered: the store and several tables ask for the same values."""
    return statistics.summary(values)


def numbers(records: Sequence[Record]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(runs, curves) of the records.

    runs: a row per seed, columns RUN and `metrics.<name>`; curves: a row per point, columns CURVE
    and `losses.<name>`. Rows are sorted by KEY or POINT, NaN stands for a diverged value.
    """
    if not records:
        return frames(records)
    with temporary_store() as uri:
        import_records(records, uri, papers={}, summarise=lambda values: summary(tuple(values)))
        runs, curves = query(uri)
    named = [column for column in map(str, curves) if column.startswith(NAMED)]
    runs, curves = _runs_of(runs), tidy(curves[[*CURVE, *named]], POINT)
    check_equal(records, runs, curves)
    return runs, curves


def _runs_of(stored: pd.DataFrame) -> pd.DataFrame:
    """The seeds' rows of `tracking.query`, under the names of RUN."""
    seeds = stored[stored["level"] == "seed"]
    seeds = seeds.rename(columns={f"metrics.{SYSTEM[name]}": name for name in SYSTEM})
    metrics = [column for column in map(str, seeds) if column.startswith("metrics.")]
    seeds = seeds[[*KEY, *metrics]].dropna(axis=1, how="all").join(seeds.reindex(columns=RUN[4:]))
    return tidy(seeds, KEY)


def frames(records: Sequence[Record]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same two tables straight from the records."""
    runs = pd.DataFrame(list(_runs(records)))
    curves = [pd.DataFrame(columns) for columns in _curves(records)]
    runs = runs if len(runs) else pd.DataFrame(columns=list(RUN))
    points = pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=list(CURVE))
    return tidy(runs, KEY), tidy(points, POINT)


def tidy(table: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Sorted rows; every column that is no name holds numbers."""
    numeric = table.columns.difference([*KEY[:3], "phase"])
    table = table.assign(**{name: pd.to_numeric(table[name]) for name in numeric})
    table = table.assign(seed=table["seed"].astype("int64"))
    return table.sort_values(key, kind="stable", ignore_index=True)


def _runs(records: Sequence[Record]) -> Iterator[dict]:
    for record in records:
        place = {"paper": record.paper, "variant": record.variant}
        for run in record.seeds:
            costs = {name: getattr(run, name) for name in RUN[3:]}
            metrics = {f"metrics.{name}": value for name, value in run.metrics.items()}
            yield {**place, "hardware": record.hardware.name, **costs, **metrics}


def _curves(records: Sequence[Record]) -> Iterator[dict]:
    for record in records:
        place = {"paper": record.paper, "variant": record.variant}
        for run in record.seeds:
            for curve in run.curves:
                whose = {"hardware": record.hardware.name, "seed": run.seed}
                yield {**place, **whose, "phase": curve.phase or "", **curve.columns()}


def check_equal(records: Sequence[Record], runs: pd.DataFrame, curves: pd.DataFrame) -> None:
    """Refuse a store that does not hold the records' numbers, each seed once."""
    wanted_runs, wanted_curves = frames(records)
    _compare(wanted_runs, runs, KEY)
    _compare(wanted_curves, curves, POINT)


def _compare(wanted: pd.DataFrame, given: pd.DataFrame, key: list[str]) -> None:
    wanted, given = wanted.set_index(key), given.set_index(key)
    if given.index.has_duplicates:
        raise UserError(
            f"{_place(given.index[given.index.duplicated()][0])} is in the store twice."
        )
    extra = given.index.difference(wanted.index)
    if len(extra):
        raise UserError(f"{_place(extra[0])} is in the store but in no record: import them again.")
    given = given.reindex(index=wanted.index, columns=wanted.columns)
    wrong = ~((given == wanted) | (given.isna() & wanted.isna()))
    for place, row in wrong[wrong.any(axis=1)].iterrows():
        raise UserError(
            f"{_place(place)}: {row.idxmax()} is not what the record says, the store was changed: "
            "import the records again."
        )


def _place(key: Any) -> str:
    return f"{key[0]}: seed {key[3]} of {key[1]} on {key[2]}"
