"""Weights that a version starts from: those that another version ended with, seed by seed.

`PAPER.starts_from` names the other version; its training keeps the weights of every seed.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from common.config import Plan, plan
from common.errors import UserError
from common.paper import Room, experiment, find_root
from common.records.record import Dataset, Record, StartsFrom, read_record
from common.run.request import Request, plain


@dataclass(frozen=True)
class Start:
    """Whose weights they are, and the folder in which they lie."""

    told: StartsFrom
    folder: Path

    def weights(self, seed: int) -> Path:
        return seed_weights(self.folder, seed)


def seed_weights(folder: Path, seed: int) -> Path:
    """Where a checkpoint's folder keeps the weights of one seed."""
    return folder / f"seed-{seed}.safetensors"


def find_start(
    home: Room, asked: Request, made: Plan, datasets: dict[str, Dataset], record: bool
) -> Start | None:
    """The weights from which the run starts; None for a version that starts from nothing.

    A run that is to be recorded starts from the paper's own weights, made as params.yaml says;
    another one also from those of one's own runs, the newest first, and rather from such as were
    trained with the same -S. UserError, with the command that makes them, if there are none.
    """
    version = home.paper.starts_from.get(asked.version)
    if version is None:
        return None
    usual = plan(home, version, made.profile)
    wanted = [plain(_changed(usual.config, asked, made)), plain(usual.config)]
    hashes = {use: data.sha256 for use, data in datasets.items()}
    fitting: dict[int, Start] = {}
    for folder, told in _candidates(home, version, record):
        same = {use: data.sha256 for use, data in told.datasets.items()} == hashes
        whole = all(seed_weights(folder, seed).is_file() for seed in made.seeds)
        if same and whole and told.profile == made.profile and told.config in wanted:
            found = Start(StartsFrom(variant=version, seal=told.seal), folder)
            fitting.setdefault(wanted.index(told.config), found)
    if fitting:
        return fitting[min(fitting)]
    own = f" --profile {made.profile}" + "".join(f" --seed {seed}" for seed in asked.seeds or ())
    own += f" --data {asked.data}" if asked.data else ""
    raise UserError(
        f"{home.name} {asked.version} starts from the weights of {version}, seed by seed, and none "
        f"of profile {made.profile} are here with these seeds, parameters and data: train it "
        f"first: papers train {home.name} {version}{' --record' if record else own}"
    )


def _changed(usual, asked: Request, made: Plan):
    """The other version's config with those of this run's -S that it knows."""
    from dataclasses import fields, replace

    known = {field.name for field in fields(usual)} & (asked.overrides or {}).keys()
    return replace(usual, **{name: getattr(made.config, name) for name in known})


def _candidates(home: Room, version: str, record: bool) -> Iterator[tuple[Path, Record]]:
    """Folders of weights with the record that they are of: the paper's own, then the newest."""
    places = [(home.folder, [*filter(None, [experiment(home.name)]), home.folder])]
    if not record:
        local = (find_root() / "local" / home.name).glob(f"*/checkpoints/{version}/model.json")
        newest = sorted(local, key=lambda path: path.stat().st_mtime, reverse=True)
        places += [(path.parents[2], [path.parents[2]]) for path in newest]
    for place, holders in places:
        folder = place / "checkpoints" / version
        with contextlib.suppress(OSError, ValueError, KeyError):
            seal = json.loads((folder / "model.json").read_bytes())["seal"]
            for path in (p for at in holders for p in sorted(at.glob(f"runs/*/{version}.json"))):
                with contextlib.suppress(UserError):
                    if seal in (told := read_record(path)).seals:
                        yield folder, told
