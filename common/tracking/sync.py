"""One experiment brought up to date: what is new, replaced, gone or broken. No MLflow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING

from common.paper import Paper
from common.records.record import Record
from common.tracking.experiments import attach, delete, known
from common.tracking.runs import Run, record_run

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment


@dataclass(frozen=True)
class Imported:
    """What an import did, in records."""

    new: int = 0
    unchanged: int = 0
    replaced: int = 0  # of the new ones: those that took an older record's place
    gone: int = 0  # removed, since the record is gone

    def __add__(self, other: Imported) -> Imported:
        return Imported(*map(add, astuple(self), astuple(other)))

    def __str__(self) -> str:
        text = f"{self.new} new, {self.unchanged} unchanged"
        text += f", {self.replaced} replaced older ones" if self.replaced else ""
        return text + (f", {self.gone} without a record removed" if self.gone else "")


@dataclass(frozen=True)
class Wanted:
    """A record that the store shall have. `changed`, of a run of the user's own: what it does
    otherwise than params.yaml."""

    record: Record
    changed: str | None = None

    @property
    def own(self) -> bool:
        return self.changed is not None

    @property
    def place(self) -> tuple[str | None, ...]:
        """As `Family.place`."""
        if self.own:
            return (self.record.seal,)
        return self.record.variant, self.record.hardware.name, self.record.profile


@dataclass(frozen=True)
class Sync:
    """Brings one experiment up to date."""

    client: MlflowClient
    uri: str
    experiment: Experiment
    paper: Paper | None
    summarise: Callable
    write: Callable[[list[Run]], None]
    whole: bool

    def __call__(self, wanted: Sequence[Wanted], figures: Sequence[Path]) -> Imported:
        """Write what is new, then delete what it replaces and what is broken: never a gap."""
        records = {one.place: one for one in wanted}
        found, orphans = known(self.client, self.uri, self.experiment)
        kept = {family.seal: family for family in reversed(found) if family.whole}
        new = [one for one in records.values() if one.record.seal not in kept]
        runs = [record_run(one.record, self.paper, self.summarise, one.changed) for one in new]
        self.write(runs)
        seals = {place: one.record.seal for place, one in records.items()}
        old = [f for f in kept.values() if f.seal != seals.get(f.place, f.seal)]
        gone = [f for f in kept.values() if self.whole and f.place not in seals]
        for family in old:
            delete(self.client, family.runs, {"superseded_by": seals[family.place]})
        for family in gone:
            delete(self.client, family.runs, {"record": "gone"})
        for family in found:
            if kept.get(family.seal) is not family:
                delete(self.client, family.runs, {"broken": "true"})
        delete(self.client, orphans, {"broken": "true"})
        if figures:
            now = known(self.client, self.uri, self.experiment)[0] if new or old else found
            attach(self.client, now, figures)
        replaced = len({family.place for family in old})
        return Imported(len(new), len(records) - len(new), replaced, len(gone))
