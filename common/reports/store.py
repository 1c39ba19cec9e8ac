"""The reports' numbers: queried from a tracking store that is rebuilt from the records.

So the user interface and the reports cannot disagree. What comes out is compared with what went
in; a number that differs is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from common.errors import UserError
from common.records import Record

RUN = ("paper", "variant", "hardware", "seed", "seconds", "tokens_per_second", "peak_memory_mib")
CURVE = ("paper", "variant", "hardware", "seed", "step", "tokens", "seconds", "loss", "validation")
KEY = ["paper", "variant", "hardware", "seed"]


def numbers(records: Sequence[Record]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(runs, curves) of the records.

    runs: a row per seed, columns RUN and `metrics.<name>`; curves: a row per point, columns CURVE.
    Rows are sorted by KEY (and step), NaN stands for a diverged value.
    """
    return frames(records)


def frames(records: Sequence[Record]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same two tables straight from the records."""
    runs = pd.DataFrame(list(_runs(records)))
    curves = [pd.DataFrame(columns) for columns in _curves(records)]
    runs = runs if len(runs) else pd.DataFrame(columns=list(RUN))
    points = pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=list(CURVE))
    return tidy(runs, KEY), tidy(points, [*KEY, "step"])


def tidy(table: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Sorted rows; every column that is no name holds numbers."""
    for column in table.columns.difference(KEY[:3]):
        table[column] = pd.to_numeric(table[column])
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
            columns = run.curve.model_dump()
            yield {**place, "hardware": record.hardware.name, "seed": run.seed, **columns}


def check_equal(records: Sequence[Record], runs: pd.DataFrame) -> None:
    """Refuse a store whose final numbers are not those of the records, or not one per seed."""
    expected, _ = frames(records)
    given = runs.set_index(KEY)
    if given.index.has_duplicates:
        paper, variant, hardware, seed = given.index[given.index.duplicated()][0]
        raise UserError(f"{paper}: seed {seed} of {variant} on {hardware} is in the store twice.")
    wanted = expected.set_index(KEY)
    given = given.reindex(index=wanted.index, columns=wanted.columns)
    wrong = ~((given == wanted) | (given.isna() & wanted.isna()))
    for place, row in wrong[wrong.any(axis=1)].iterrows():
        paper, variant, hardware, seed = place
        raise UserError(
            f"{paper}: {row.idxmax()} of seed {seed} of {variant} on {hardware} is not what the "
            "record says: the store was changed; import the records again."
        )
