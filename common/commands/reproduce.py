"""`papers reproduce`: the data, the stages that are not up to date, MLflow, and a summary.

Another profile than the committed one runs in a clone under local/<profile>/, which is kept as long
as the checkout stays as it is. Not by `dvc exp run
--temp`: that copy also holds the committed records of the usual profile, which a report must not
mix with others, and it leaves its results in a hidden commit.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import yaml

from common.commands.overview import table
from common.config import PROFILES, read_yaml
from common.errors import UserError, nearest
from common.paper import Room, find_root, room, rooms
from common.pipeline import stages

GRACE = 20.0  # seconds that an interrupted pipeline gets to end its workers


def reproduce(papers: list[str], profile: str | None) -> None:
    """Reproduce the papers, all if none are named. UserError if a stage fails."""
    started = time.monotonic()
    root, homes = find_root(), [room(name) for name in papers or rooms()]
    if profile and profile not in PROFILES:
        raise UserError(f"no profile {profile!r}." + nearest(profile, PROFILES))
    fetch(homes)
    usual = [home for home in homes if profile in (None, committed_profile(home))]
    for home in homes:
        if home in usual:
            run_stages(root, home)
        else:
            folder = aside(root, home, profile)
            run_stages(folder, home)
            summarise(Room(home.name, folder / "papers" / home.name), folder, root)
    if usual:
        finish(root, usual, everything=not papers)
    print(f"\ndone in {_minutes(time.monotonic() - started)}.")


def committed_profile(home: Room) -> str:
    return read_yaml(home.path("params.yaml")).get("profile", "cpu")


def fetch(homes: list[Room]) -> None:
    """Have the data before any stage starts, so that a missing source is told first."""
    from common.data.fetch import ensure

    for name in sorted({home.paper.dataset for home in homes}):
        print(f"data: {name} ... ", end="", flush=True)
        got = ensure(name)
        instead = f", INSTEAD OF {got.stand_in_for}" if got.stand_in_for else ""
        print(f"{got.how}{instead}, sha256 {got.sha256[:12]}")


def run_stages(root: Path, home: Room) -> None:
    """`dvc repro` of one paper in the checkout at `root`."""
    folder = root / "papers" / home.name
    names = [stage.name for stage in stages(folder)]
    print(f"\n{home.name}: {len(names)} stages, what is up to date is skipped: {', '.join(names)}")
    dvc(root, "repro", f"papers/{home.name}/dvc.yaml")


def dvc(root: Path, *arguments: str) -> None:
    """Run DVC in `root`; it and all it started end with us. UserError if it fails."""
    command = [sys.executable, "-c", "from common.start import dvc; dvc()", *arguments]
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
    from common.data.fetch import data_root

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


def aside(root: Path, home: Room, profile: str) -> Path:
    """A clone in local/<profile>/<paper>, as the checkout is now, without the paper's records.

    If the checkout is as it was, so is the clone left: what was interrupted in it goes on.
    """
    folder = root / "local" / profile / home.name
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    names = sorted(set(filter(None, listed.split("\0"))))
    made_from, note = _digest(root, names), folder / ".git" / "made-from"
    if note.is_file() and note.read_text() == made_from:
        print(f"\nas it was left: {folder.relative_to(root)} (delete it to begin anew)")
        return folder
    if folder.exists():
        shutil.rmtree(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _git(root, "clone", "--quiet", "--shared", str(root), str(folder))
    for name in names:
        _mirror_file(root / name, folder / name)
    copied = folder / "papers" / home.name
    for results in ("runs", "metrics"):
        shutil.rmtree(copied / results, ignore_errors=True)
    params = read_yaml(copied / "params.yaml") | {"profile": profile}
    (copied / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    note.write_text(made_from)
    return folder


def _digest(root: Path, names: list[str]) -> str:
    """A hash of the commit and of the files' names and bytes."""
    digest = hashlib.sha256(_git(root, "rev-parse", "HEAD").encode())
    for name in names:
        path = root / name
        content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "absent"
        digest.update(f"{name}\0{content}\n".encode())
    return digest.hexdigest()


def _mirror_file(source: Path, target: Path) -> None:
    if source.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
    else:  # deleted in the checkout, not yet committed
        target.unlink(missing_ok=True)


def _git(root: Path, *arguments: str) -> str:
    result = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    if result.returncode:
        raise UserError(f"git {arguments[0]} failed: {' '.join(result.stderr.split())}")
    return result.stdout


def finish(root: Path, homes: list[Room], *, everything: bool) -> None:
    """The index report and MLflow brought up to date, and the summary."""
    from common import tracking
    from common.commands.runs import all_records, figures

    dvc(root, "repro", *([] if everything else ["--single-item", "index"]))
    print("\n" + tracking.try_import(all_records(), tracking.uri(root), figures(root)))
    for home in homes:
        summarise(home, root, root)
    print("reports: reports/README.md    curves: papers ui    versions: papers compare")


def summarise(home: Room, folder: Path, root: Path) -> None:
    """The metric by version from each version's latest record, and where to look."""
    from common.records import read_records
    from common.statistics import summary

    paper, latest = home.paper, {}
    for record in sorted(read_records(home.folder), key=lambda record: record.started):
        latest[record.variant] = record
    rows = []
    for version in (v for v in paper.versions if v in latest):
        record = latest[version]
        values = [v for v in record.values(paper.metric.name).values() if v is not None]
        shown = "diverged"
        if values:
            found = summary(values)
            shown = f"{found.mean:.4f} [{found.low:.4f}, {found.high:.4f}]"
        rows.append([version, shown, len(values), f"{record.seconds:.0f}", record.hardware.name])
    header = ["version", paper.metric.label, "seeds", "seconds", "hardware"]
    table(f"{home.name}: {paper.title}", header, rows)
    place = folder.relative_to(root)
    print(f"report: {place / 'reports' / home.name}.md")
    print(f"records: {place / 'papers' / home.name / 'runs'}/")


def _minutes(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
