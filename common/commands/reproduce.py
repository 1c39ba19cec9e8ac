"""`papers reproduce`: the data, the stages that are not up to date, MLflow, and a summary.

Another profile than the committed one, and a stand-in for a corpus that cannot be had, run in a
copy under local/ (common/commands/aside.py).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.commands.aside import aside, held, without_scm
from common.commands.overview import print_json, table
from common.commands.pipelines import few_seeds
from common.config import PROFILES, read_yaml
from common.errors import UserError, nearest
from common.paper import Room, find_root, room, rooms
from common.run.pipeline import stages, untrained

if TYPE_CHECKING:
    from common.data.place import Fetched

GRACE = 20.0  # seconds that an interrupted pipeline gets to end its workers


def reproduce(papers: list[str], profile: str | None, json: bool = False) -> None:
    """Reproduce the papers, all if none are named. UserError if a stage fails.

    json: the summary goes to standard output, all that is said on the way to standard error.
    """
    if json:
        with said_on_stderr():
            found = _reproduced(papers, profile)
        print_json(found)
    else:
        _reproduced(papers, profile)


@contextmanager
def said_on_stderr() -> Iterator[None]:
    """What this process and its children say on standard output goes to standard error."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _reproduced(papers: list[str], profile: str | None) -> list[dict[str, Any]]:
    """Everything but the way the summary is told; returns it, an entry per paper."""
    started, summaries = time.monotonic(), []
    root, homes = find_root(), [room(name) for name in papers or rooms()]
    if profile and profile not in PROFILES:
        raise UserError(f"no profile {profile!r}." + nearest(profile, PROFILES))
    for home in homes:
        check_stages(home)
        if said := few_seeds(home, profile):
            print(said)
    without_scm(root)
    got, usual = fetch(homes), []
    for home in homes:
        place, wanted = elsewhere(home, profile, _worst(home, got))
        if not place:
            usual.append(home)
            run_stages(root, home)
            continue
        with held(root, place, home.name):
            folder = aside(root, home, wanted, place)
            run_stages(folder, home)
            copied = Room(home.name, folder / "papers" / home.name)
            summaries.append(summarise(copied, folder, root))
    if usual:
        summaries += finish(root, usual, everything=not papers)
    print(f"\ndone in {_minutes(time.monotonic() - started)}.")
    return summaries


def _worst(home: Room, got: dict[str, Fetched]) -> Fetched:
    """Of the paper's datasets the first that is a stand-in, else that of the exam."""
    found = [got[name] for name in home.paper.datasets.values()]
    return next((one for one in found if one.stand_in_for), found[0])


def elsewhere(home: Room, profile: str | None, got: Fetched) -> tuple[str, str]:
    """The folder under local/ in which the paper must run, "" for the checkout; the profile."""
    committed = committed_profile(home)
    place = wanted = profile or committed
    if got.stand_in_for:
        print(
            f"{home.name}: {got.stand_in_for} cannot be had here, so {got.name} takes its place, "
            "in a copy under local/. The committed results stay as they are."
        )
        return f"{place}-stand-in", wanted
    return ("" if wanted == committed else place), wanted


def committed_profile(home: Room) -> str:
    return read_yaml(home.path("params.yaml")).get("profile", "cpu")


def check_stages(home: Room) -> None:
    """UserError for a version or a trained deviation that dvc.yaml leaves out."""
    if left_out := untrained(home):
        raise UserError(
            f"papers/{home.name}/dvc.yaml has no stage for {', '.join(left_out)}: "
            f"run `papers pipeline {home.name}`."
        )


def fetch(homes: list[Room]) -> dict[str, Fetched]:
    """Have the data before any stage starts, so that a missing source is told first."""
    from common.data.fetch import ensure

    found = {}
    for name in sorted({n for home in homes for n in home.paper.datasets.values()}):
        print(f"data: {name} ... ", end="", flush=True)
        try:
            found[name] = got = ensure(name)
        except UserError:
            print()  # the reason has a line of its own
            raise
        instead = f", INSTEAD OF {got.stand_in_for}" if got.stand_in_for else ""
        print(f"{got.how}{instead}, sha256 {got.sha256[:12]}")
    return found


def run_stages(root: Path, home: Room) -> None:
    """`dvc repro` of one paper in the checkout at `root`."""
    from common.evidence.verdicts import primary_hardware
    from common.records.record import read_records

    folder = root / "papers" / home.name
    names = [stage.name for stage in stages(folder)]
    print(f"\n{home.name}: {len(names)} stages, what is up to date is skipped: {', '.join(names)}")
    records = read_records(home.folder)
    if hardware := primary_hardware(records):
        seconds = sum(r.seconds for r in records if r.hardware.name == hardware)
        print(f"training it all took {_minutes(seconds)} on {hardware}")
    dvc(root, "repro", f"papers/{home.name}/dvc.yaml")


def dvc(root: Path, *arguments: str) -> None:
    """Run DVC in `root`; it and all it started end with us. UserError if it fails."""
    command = [sys.executable, "-c", "from common.commands.start import dvc; dvc()", *arguments]
    sys.stdout.flush()
    # A group of its own: DVC itself ignores Ctrl-C while a stage runs, so the whole group gets it.
    child = subprocess.Popen(
        command, cwd=root, env=environment(), stdin=subprocess.DEVNULL, process_group=0
    )
    try:
        code = child.wait()
    except KeyboardInterrupt:
        _end(child)
        raise
    if code:
        raise UserError(f"`dvc {' '.join(arguments)}` failed; what it said stands above.")


def environment() -> dict[str, str]:
    """Stages run the `python` found first on PATH: this one; and the data of the checkout."""
    from common.data.place import data_root

    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    given = {"PATH": path, "DVC_NO_ANALYTICS": "1", "PAPERS_DATA": str(data_root())}
    return {**os.environ, **given}


def _end(child: subprocess.Popen) -> None:
    """Ctrl-C for the child's whole group, and an end if that does not help or is too slow."""
    for number, patience in ((signal.SIGINT, GRACE), (signal.SIGKILL, None)):
        try:
            os.killpg(child.pid, number)
            child.wait(patience)
            return
        except (subprocess.TimeoutExpired, ProcessLookupError, KeyboardInterrupt):
            continue


def finish(root: Path, homes: list[Room], *, everything: bool) -> list[dict[str, Any]]:
    """The index report and MLflow brought up to date, and the summary."""
    from common.commands.runs import all_records, figures
    from common.tracking import client as tracking

    dvc(root, "repro", *([] if everything else ["--single-item", "index"]))
    print("\n" + tracking.try_import(all_records(), tracking.uri(root), figures(root)))
    for home in homes:
        keep_goldens(root, home)
    summaries = [summarise(home, root, root) for home in homes]
    print("reports: reports/README.md    curves: papers ui    versions: papers compare")
    return summaries


def keep_goldens(root: Path, home: Room) -> None:
    """Write the golden runs that a new version or deviation lacks: `papers reseal` needs them."""
    from common.commands.reseal import write_goldens

    try:
        written = write_goldens(root, home.name)
    except UserError as error:
        print(f"no golden run was written: {error}")
        return
    if written:
        places = ", ".join(path.relative_to(home.folder).as_posix() for path in written)
        print(f"{home.name}: golden runs to commit: {places}")


def summarise(home: Room, folder: Path, root: Path) -> dict[str, Any]:
    """Tell and return the metric of each version's latest record, and where to look."""
    from common.evidence.statistics import summary
    from common.records.record import read_records

    paper, latest = home.paper, {}
    for record in sorted(read_records(home.folder), key=lambda record: record.started):
        latest[record.variant] = record
    rows, versions = [], []
    for version in (v for v in paper.versions if v in latest):
        record = latest[version]
        values = [v for v in record.values(paper.metric.name).values() if v is not None]
        shown, numbers = "diverged", dict.fromkeys(("mean", "low", "high"))
        if values:
            found = summary(values)
            numbers = {name: getattr(found, name) for name in numbers}
            shown = f"{found.mean:.4f} [{found.low:.4f}, {found.high:.4f}]"
        rows.append([version, shown, len(values), f"{record.seconds:.0f}", record.hardware.name])
        place = {"seconds": record.seconds, "hardware": record.hardware.name}
        versions.append({"version": version, **numbers, "seeds": len(values), **place})
    header = ["version", paper.metric.label, "seeds", "seconds", "hardware"]
    table(f"{home.name}: {paper.title}", header, rows)
    place = folder.relative_to(root)
    report = place / "reports" / f"{home.name}.md"
    records = place / "papers" / home.name / "runs"
    print(f"report: {report}\nrecords: {records}/")
    told = {"paper": home.name, "metric": paper.metric.name, "versions": versions}
    return {**told, "report": report.as_posix(), "records": records.as_posix()}


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
