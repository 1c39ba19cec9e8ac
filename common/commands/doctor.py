"""`papers doctor`: what is stale or missing here, why, and what to do. It changes nothing."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from common.ask import DEMO
from common.commands.overview import print_json, say
from common.errors import UserError
from common.paper import Room, find_root, rooms

DISK_GIB = 2.0  # an environment takes about this much
PYTHONS = ((3, 11), (3, 12))
# What a stage made elsewhere and git does not hold, as `_reasons` puts it.
MADE = re.compile(r"papers/\w+/(data\.json|checkpoints/\S+) (deleted|not in cache)$")
FETCH, REWRITTEN = "papers data fetch", "git checkout data.dvc"
SHOWN = 4  # reasons on a line


class Finding(NamedTuple):
    """One thing that was looked at. `mend` is empty where nothing is to be done; of a `hint` it
    says what can be done, though nothing is wrong."""

    what: str
    state: str
    mend: str = ""
    hint: bool = False

    @property
    def problem(self) -> bool:
        return bool(self.mend) and not self.hint


def run(as_json: bool) -> int:
    """Print the findings; 1 if there is a problem, else 0."""
    found = [finding for check in CHECKS for finding in _checked(check)]
    if as_json:
        print_json([finding._asdict() for finding in found])
    else:
        for text in "\n".join(told(found)).split("\n"):
            words = text.lstrip()
            say(words, indent=text[: len(text) - len(words)])
    return int(any(finding.problem for finding in found))


def told(found: list[Finding]) -> Iterator[str]:
    """The findings for a terminal: what is well, hints, problems, and how many those are."""
    hints = [finding for finding in found if finding.hint]
    problems = [finding for finding in found if finding.problem]
    yield from (line(finding) for finding in found if not finding.mend)
    if hints:
        yield "\nNot needed, but possible:"
        yield from map(line, hints)
    if problems:
        yield "\nTo be mended:"
        yield from map(line, problems)
    yield f"\n{len(problems)} problem{'' if len(problems) == 1 else 's'}"


def line(finding: Finding) -> str:
    """The finding for a terminal; what to do stands on a line of its own."""
    mark = "!!" if finding.problem else "--" if finding.hint else "ok"
    mend = f"\n     -> {finding.mend}" if finding.mend else ""
    return f"{mark} {finding.what}: {finding.state}{mend}"


def _checked(check: Callable[[Path], Iterator[Finding]]) -> Iterator[Finding]:
    """A check that cannot be made is a finding, not the end of the others."""
    try:
        yield from check(find_root())
    except UserError as error:
        yield Finding(check.__name__, str(error), "see the state")


def python(root: Path) -> Iterator[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info[:2] in PYTHONS
    yield Finding("python", version, "" if fits else "use Python 3.11 or 3.12")
    stamp = root / ".venv" / ".stamp"
    if not stamp.is_file():
        yield Finding("environment", "not made by nox (no .venv/.stamp)", "")
    else:
        fresh = stamp.read_text() == environment_stamp(root)
        state = "as pyproject.toml says" if fresh else "pyproject.toml or lock changed since"
        yield Finding("environment", state, "" if fresh else "nox -s dev")


def environment_stamp(root: Path) -> str:
    """What noxfile.py writes into .venv/.stamp once everything is installed."""
    files = (root / "pyproject.toml", root / "requirements.lock")
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def git(root: Path) -> Iterator[Finding]:
    from common.records.sources import no_commit

    reason, _, mend = no_commit(root).partition("; run ")
    if not reason:
        yield Finding("git", "names the commit of this checkout")
        return
    mend = f"run {mend}" if mend else "git clone the repository instead"
    yield Finding("git", f"{reason}: records made here will name no commit", mend, hint=True)


def disk(root: Path) -> Iterator[Finding]:
    free = shutil.disk_usage(root).free / 2**30
    yield Finding("disk", f"{free:.1f} GiB free", "" if free > DISK_GIB else "make room")


def data(root: Path) -> Iterator[Finding]:
    from common.data.catalog import get
    from common.data.pin import state

    for name in sorted({n for home in rooms().values() for n in home.paper.datasets.values()}):
        found = state(get(name))
        if found == "absent" and get(name).embedded:
            found = "inside the repository"
        here = found in ("right", "inside the repository")
        mend = "" if here else f"papers data fetch {name}"
        yield Finding(f"data {name}", found, mend, hint=found == "absent")


def records(root: Path) -> Iterator[Finding]:
    for home in rooms().values():
        yield from _records_of(root, home)


def _records_of(root: Path, home: Room) -> Iterator[Finding]:
    from common.records.current import changed_sources
    from common.records.record import read_record

    paths = sorted(home.folder.glob("runs/*/*.json"))
    whole, older = 0, {}
    for path in paths:
        what = f"record {home.name} {path.parent.name}/{path.stem}"
        try:
            changed = changed_sources(read_record(path), root)
        except UserError as error:
            yield Finding(what, str(error), f"papers reproduce {home.name}")
            continue
        whole += not changed
        older |= dict.fromkeys(changed)
    what, mend = f"records {home.name}", f"papers reproduce {home.name}"
    if older:
        state = f"{len(paths) - whole} of {len(paths)} made by other code"
        state += f"; changed since: {_few(older)}"
        yield Finding(what, state, f"papers reseal {home.name}, else {mend}")
    elif paths:
        yield Finding(what, f"{whole} of {len(paths)} belong to this code")
    else:
        yield Finding(what, "none yet", mend, hint=True)
    if paths and whole == len(paths):
        yield from _together(root, home)


def _together(root: Path, home: Room) -> Iterator[Finding]:
    """Records that are good by themselves, but that the report refuses beside each other."""
    from common.records.record import read_records
    from common.reports.checks import check_records

    try:
        check_records(root, home.name, home.paper, read_records(home.folder))
    except UserError as error:
        mend = (
            f"papers reproduce {home.name}, or `papers runs aside {home.name} ID` for the odd one"
        )
        yield Finding(f"report {home.name}", f"would be refused: {error}", mend)


def pipelines(root: Path) -> Iterator[Finding]:
    from common.run.pipeline import differences, stages

    for home in rooms().values():
        if not home.path("dvc.yaml").is_file():
            yield Finding(f"dvc.yaml {home.name}", "missing", f"papers pipeline {home.name}")
            continue
        wrong = []
        for stage in stages(home.folder):
            missing, superfluous = differences(root, stage)
            wrong += [f"{stage.name} lacks {path}" for path in missing]
            wrong += [f"{stage.name} needs no {path}" for path in superfluous]
        mend = f"papers pipeline {home.name}" if wrong else ""
        yield Finding(
            f"dvc.yaml {home.name}", "; ".join(wrong) or "names the files that count", mend
        )


def dvc(root: Path) -> Iterator[Finding]:
    command = [sys.executable, "-m", "dvc", "status", "--json"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:
        reason = " ".join(done.stderr.split()) or "dvc status failed"
        if "is not a git repository" in reason:
            state = "not yet set up to work without git"
            yield Finding("dvc", state, "papers reproduce does it", hint=True)
            return
        mend = "wait until it has ended" if "is busy" in reason else "see what DVC says"
        yield Finding("dvc", reason.removeprefix("ERROR: ").split(" If there are no")[0], mend)
        return
    stale = json.loads(done.stdout)
    if stale.pop("data.dvc", None):
        yield pinned()
    papers: dict[str, dict[str, str]] = {}
    for stage, reasons in stale.items():
        place, _, name = stage.rpartition(":")
        paper = place.removeprefix("papers/").partition("/")[0]
        papers.setdefault(paper, {})[name] = _reasons(reasons)
    for paper, stages in papers.items():
        yield _stale(paper, stages)
    if not stale:
        yield Finding("dvc", "all stages are up to date")


def pinned() -> Finding:
    """How data/ stands to its pin; never to be mended by `dvc repro data.dvc`, which writes it."""
    from common.data.pin import check_pin

    state = check_pin()
    if state == "equal":
        mend = "move away what the catalogue does not name"
        return Finding("data.dvc", "data/ holds more than it pins", mend)
    mend = REWRITTEN if REWRITTEN in state else FETCH
    return Finding("data.dvc", state, mend, hint=state.startswith("partial"))


def _stale(paper: str, stages: dict[str, str]) -> Finding:
    """One line for all stale stages of a paper, or of the root, whose name is empty."""
    what = paper or "pages over all papers"
    again = f"papers reproduce {paper}".strip()
    words = list(dict.fromkeys(w for reason in stages.values() for w in reason.split("; ")))
    changed = [word for word in words if not MADE.match(word)]
    if not changed:
        return Finding(what, "not run here", f"{again} (or read reports/)", hint=True)
    shown = _few(changed, "; ", ", see `dvc status`")
    if paper and all(word.endswith(".py modified") for word in changed):
        again = f"papers reseal {paper}, else {again}"
    return Finding(what, f"{len(stages)} stale: {shown}", again)


def _few(words: Iterable[str], between: str = ", ", rest: str = "") -> str:
    """The first words, and how many more there are."""
    words = list(words)
    shown = between.join(words[:SHOWN])
    more = len(words) - SHOWN
    return f"{shown}{between}and {more} more{rest}" if more > 0 else shown


def _reasons(reasons: list[Any]) -> str:
    """DVC's status of a stage, e.g. [{"changed deps": {"a.py": "modified"}}], as words."""
    words = []
    for reason in reasons:
        if isinstance(reason, str):
            words.append(reason)
            continue
        for changed in reason.values():
            words += [f"{path} {what}" for path, what in _flat(changed)]
    return "; ".join(words)


def _flat(changed: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for path, what in changed.items():
        if isinstance(what, dict):
            yield from ((f"{path}: {key}", value) for key, value in _flat(what))
        else:
            yield path, str(what)


def mlflow(root: Path) -> Iterator[Finding]:
    from common.tracking import client as tracking

    uri = tracking.uri(root)
    missing = uri.startswith("sqlite:") and not (root / "mlflow.db").is_file()
    state = "no store yet" if missing else uri.replace(f"{root}/", "")
    yield Finding("mlflow", state, "papers runs import" if missing else "", hint=missing)


def demos(root: Path) -> Iterator[Finding]:
    for home in (home for home in rooms().values() if home.path(DEMO).is_dir()):
        from common.ask.demo import check

        try:
            record = check(home)
        except UserError as error:
            yield Finding(f"demo {home.name}", str(error), f"git restore papers/{home.name}/{DEMO}")
        else:
            state = f"of the record {record.hardware.name}/{record.variant}"
            yield Finding(f"demo {home.name}", state)


CHECKS = (python, git, disk, data, records, demos, pipelines, dvc, mlflow)
