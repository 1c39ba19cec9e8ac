"""The stages of a paper's dvc.yaml: which files each must depend on, and the file itself.

DVC does not follow imports. So the Python files among a stage's `deps` are computed from its
command; tests/test_architecture.py compares, and `papers pipeline` writes the file anew. What a
training and the evidence depend on are the sources that their seals name (records/executed.py).
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common.config import read_yaml, size_names
from common.errors import UserError
from common.evidence.deviations import deviations_of
from common.paper import LONG, Room, Variant, room, rooms
from common.records.executed import evidence_sources, ladder_files, train_files
from common.records.sources import closure
from common.run.stage_text import stage_text

TRAIN = re.compile(r"papers\.(\w+)\.(\w+)\.train")
HEADER = """\
# Written by `papers pipeline {name}`: the Python files among the deps are those that decide what
# each command gives. All paths and commands are read from the repository's root.
"""
TEMPLATES = "common/reports/templates"
STORY = "story.md.j2"  # a room's own words for its page
OVERVIEW = ("README", "deviations", "hardware")  # pages over all papers


@dataclass(frozen=True)
class Stage:
    """One stage after its matrix was unfolded. Paths are relative to the repository's root."""

    name: str
    command: str
    deps: tuple[str, ...]
    outs: tuple[str, ...]


def stages(folder: Path) -> list[Stage]:
    """The stages of `folder`/dvc.yaml, one per combination of its matrix."""
    found = read_yaml(folder / "dvc.yaml").get("stages") or {}
    return [stage for name, content in found.items() for stage in _unfold(name, content)]


def _unfold(name: str, content: dict[str, Any]) -> Iterator[Stage]:
    matrix = content.get("matrix") or {}
    for values in itertools.product(*matrix.values()):
        item = dict(zip(matrix, values))

        def fill(text: str, item=item) -> str:
            return re.sub(r"\$\{item\.(\w+)\}", lambda match: str(item[match[1]]), text)

        suffix = "@" + "-".join(map(str, values)) if matrix else ""
        yield Stage(
            name + suffix,
            fill(content["cmd"]),
            tuple(map(fill, _paths(content.get("deps")))),
            tuple(
                fill(p) for key in ("outs", "metrics", "plots") for p in _paths(content.get(key))
            ),
        )


def _paths(entries: list[Any] | None) -> list[str]:
    """DVC writes an entry as a path or as {path: flags}."""
    return [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries or []]


def python_deps(root: Path, command: str) -> list[str]:
    """The Python files of this repository that a stage rests on, relative to `root`: of a command
    that computes what is sealed, those that its seal names; else all that the command imports."""
    words = shlex.split(command)
    if words[:2] != ["python", "-m"]:
        raise UserError(f"a stage's command must begin with 'python -m', not {words[0]!r}.")
    module, arguments = words[2], words[3:]
    if match := TRAIN.fullmatch(module):
        room = root / "papers" / match[1]
        files = ladder_files if "--deviation" in arguments else train_files
        return files(root, room, match[2])
    if module == "common.evidence":
        return sorted(evidence_sources(root, root / "papers" / arguments[0]))
    start = [root / path for path in _starts(root, module, arguments)]
    files = (path for path in closure(root, *start) if path.stat().st_size)  # DVC warns of empty
    return [path.relative_to(root).as_posix() for path in files]


def _starts(root: Path, module: str, arguments: list[str]) -> list[str]:
    if module == "papers":  # fetches data, whose bytes are pinned by hash
        return []
    start = module.replace(".", "/")
    main = f"{start}/__main__.py"
    rooms = [f"papers/{word}/__init__.py" for word in arguments]
    found = [path for path in rooms if (root / path).is_file()]
    return [main if (root / main).is_file() else f"{start}.py", *found]


def differences(root: Path, stage: Stage) -> tuple[list[str], list[str]]:
    """Python files that the stage's deps lack, and those that they name in vain."""
    named = {path for path in stage.deps if path.endswith(".py")}
    needed = set(python_deps(root, stage.command))
    return sorted(needed - named), sorted(named - needed)


def ladder(home: Room) -> list[str]:
    """The ids of the deviations that are trained, in the paper's order."""
    return [deviation.id for deviation in deviations_of(home) if deviation.trained]


def untrained(home: Room) -> list[str]:
    """Versions, trained deviations and sizes that no stage of the paper's dvc.yaml trains."""
    wanted = [*home.paper.versions, *(f"{home.newest}+{name}" for name in ladder(home))]
    wanted += [Variant(home.newest, size=name).name for name in staged_sizes(home)]
    return [variant for variant in wanted if variant not in trained(home).values()]


def staged_sizes(home: Room) -> list[str]:
    """The sizes that `dvc repro` trains: all but the one of half an hour."""
    return [name for name in size_names(home) if name != LONG]


def trained(home: Room) -> dict[str, str]:
    """Stage name -> the variant that its command trains."""
    found = {}
    for stage in stages(home.folder):
        words = shlex.split(stage.command)
        if len(words) > 2 and (match := TRAIN.fullmatch(words[2])):
            said = dict(zip(words, words[1:]))
            variant = Variant(match[2], said.get("--deviation"), said.get("--size"))
            found[stage.name] = variant.name
    return found


def render(root: Path, name: str) -> str:
    """The text of papers/<name>/dvc.yaml."""
    home = room(name)
    blocks = [*_data(home), *_trains(root, home), *_ladder(root, home), *_sizes(root, home)]
    blocks += [_curves(root, home), _evidence(root, home), _report(root, home)]
    return HEADER.format(name=name) + "stages:\n" + "".join(blocks) + _plots(home)


def _data(home: Room) -> list[str]:
    """A stage for each dataset, with a receipt of its own."""
    receipts = _receipts(home)
    return [
        stage_text(
            f"data-{use}" if use else "data",
            f"python -m papers data fetch {dataset} --receipt {receipt}",
            [f"common/data/sets/{dataset}.json"],
            outs=[receipt],
        )
        for (use, dataset), receipt in zip(home.paper.datasets.items(), receipts)
    ]


def _receipts(home: Room) -> list[str]:
    return [f"papers/{home.name}/{home.receipt(use).name}" for use in home.paper.datasets]


def _trains(root: Path, home: Room) -> list[str]:
    """A matrix over the versions; one that waits for another's weights has a stage of its own."""
    started = home.paper.starts_from
    free, item = [v for v in home.paper.versions if v not in started], "${item.version}"
    return [_train(root, home, "train", item, free)] + [
        _train(root, home, f"train-{v}", v, [v]) for v in home.paper.versions if v in started
    ]


def _train(root: Path, home: Room, name: str, item: str, versions: list[str]) -> str:
    deps = python_deps(root, f"python -m papers.{home.name}.{versions[0]}.train")
    own = f"papers/{home.name}"  # a cited room's version of the same name stays as it is
    deps = [path.replace(f"{own}/{versions[0]}/", f"{own}/{item}/") for path in deps]
    return stage_text(
        name,
        f"python -m papers.{home.name}.{item}.train --record",
        [*_receipts(home), *_weights(home, item), *deps],
        matrix={"version": versions} if item != versions[0] else None,
        params=(home.name, item),
        persist=[f"papers/{home.name}/checkpoints/{item}"],
        metrics=[f"papers/{home.name}/metrics/{item}.json"],
    )


def _weights(home: Room, version: str) -> list[str]:
    before = home.paper.starts_from.get(version)
    return [f"papers/{home.name}/checkpoints/{before}"] * bool(before)


def _ladder(root: Path, home: Room) -> list[str]:
    return _of_newest(root, home, "ladder", "deviation", ladder(home))


def _sizes(root: Path, home: Room) -> list[str]:
    return _of_newest(root, home, "sizes", "size", staged_sizes(home), "sizes.${item.size}")


def _of_newest(
    root: Path, home: Room, name: str, option: str, values: list[str], *keys: str
) -> list[str]:
    """A matrix over what else is recorded of the newest version: each deviation, or each size."""
    if not values:
        return []
    version, item = home.newest, f"${{item.{option}}}"
    command = f"python -m papers.{home.name}.{version}.train --{option} {item} --record"
    block = stage_text(
        name,
        command,
        [*_receipts(home), *_weights(home, version), *python_deps(root, command)],
        matrix={option: values},
        params=(home.name, version, *keys),
        metrics=[f"papers/{home.name}/metrics/{Variant(version, **{option: item}).name}.json"],
    )
    return [block]


def _curves(root: Path, home: Room) -> str:
    """One run per version: an experiment with one of them draws its curve and trains no other."""
    item = "${item.version}"
    command = f"python -m common.records.curves {home.name} {item}"
    return stage_text(
        "curves",
        command,
        [*python_deps(root, command), f"papers/{home.name}/metrics/{item}.json"],
        matrix={"version": list(home.paper.versions)},
        committed=[f"papers/{home.name}/curves/{item}.csv"],
    )


def _plots(home: Room) -> str:
    """What `dvc plots` draws: a line per version. Paths are relative to the room here."""
    measure = re.sub(r"\s*\([^()]*\)$", "", home.paper.metric.label)
    lines = ["plots:"]
    for column, title, unit in (
        ("validation", "validation", measure),
        ("loss", "training loss", "nats"),
    ):
        lines += [f'  - "{home.name}: {title}":', "      x: step", "      y:"]
        lines += [f"        curves/{version}.csv: {column}" for version in home.paper.versions]
        lines += ["      x_label: training step", f'      y_label: "{unit}"']
    return "\n".join(lines) + "\n"


def _evidence(root: Path, home: Room) -> str:
    command, folder = f"python -m common.evidence {home.name}", f"papers/{home.name}"
    results = [f"{folder}/metrics", f"{folder}/runs"]
    return stage_text(
        "evidence",
        command,
        [*python_deps(root, command), *results],
        committed=[f"{folder}/evidence/verdicts.json"],
    )


def _report(root: Path, home: Room) -> str:
    command, folder = f"python -m common.reports paper {home.name}", f"papers/{home.name}"
    told = [name for name in (STORY, "architecture.yaml") if home.path(name).is_file()]
    own = [f"{folder}/{name}" for name in ("evidence/verdicts.json", "runs", *told)]
    # No page needs them, but what ends with the report, as `dvc repro` does, then writes them too.
    own += [f"{folder}/curves/{version}.csv" for version in home.paper.versions]
    code = [*python_deps(root, command), TEMPLATES]
    return stage_text("report", command, [*code, *own], committed=[f"reports/{home.name}.md"])


def render_root(root: Path) -> str:
    """The text of the root's dvc.yaml: the pages over all papers, which pull in every paper."""
    command = "python -m common.reports index"
    pages = [f"reports/{name}.md" for name in rooms()]
    stories = [f"papers/{r.name}/{STORY}" for r in rooms().values() if r.path(STORY).is_file()]
    stage = stage_text(
        "index",
        command,
        [*python_deps(root, command), TEMPLATES, *pages, *stories],
        wdir="",
        committed=[f"reports/{name}.md" for name in OVERVIEW],
    )
    return HEADER.replace(" {name}", "") + "stages:\n" + stage
