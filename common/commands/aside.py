"""Copies of the checkout under local/, for what must not meet the committed records.

Another profile, or a corpus that takes another's place, gives records that compare with none of the
committed ones. They are made in a copy without the paper's records, and get a report of their own.
Not by `dvc exp run --temp`: that copy holds the committed records too, and it leaves its results in
a hidden commit.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import yaml
from filelock import FileLock, Timeout

from common.config import read_yaml
from common.errors import UserError
from common.paper import Room
from common.records.sources import no_commit

MADE = "made-from"  # in the copy: a hash of what it was made from
RESULTS = ("runs", "metrics", "curves")
NO_SCM = "[core]\n    no_scm = true\n"


@contextlib.contextmanager
def held(root: Path, place: str, name: str) -> Iterator[None]:
    """One command at a time works in a copy: another would begin anew under the first."""
    lock = root / "local" / place / f".{name}.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            yield
    except Timeout:
        where = f"local/{place}/{name}"
        raise UserError(
            f"another command is working in {where}: wait until it has ended."
        ) from None


def aside(root: Path, home: Room, profile: str, place: str) -> Path:
    """The copy local/<place>/<paper>, as the checkout is now, without the paper's records.

    If the checkout is as it was, so is the copy left: what was interrupted in it goes on.
    """
    folder = root / "local" / place / home.name
    names = listed(root)
    made_from, note = _digest(root, names), folder / "local" / MADE
    if note.is_file() and note.read_text() == made_from:
        print(f"\nas it was left: {folder.relative_to(root)} (delete it to begin anew)")
        return folder
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    if not no_commit(root):
        shutil.rmtree(folder)
        git(root, "clone", "--quiet", "--shared", str(root), str(folder))
    for name in names:
        _mirror_file(root / name, folder / name)
    without_scm(folder)
    copied = folder / "papers" / home.name
    for results in RESULTS:
        shutil.rmtree(copied / results, ignore_errors=True)
    params = read_yaml(copied / "params.yaml") | {"profile": profile}
    (copied / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    note.parent.mkdir(exist_ok=True)
    note.write_text(made_from)
    return folder


def without_scm(root: Path) -> None:
    """Let DVC work where there is no git, as after unpacking an archive of the code."""
    config = root / ".dvc" / "config.local"
    if no_commit(root) and (root / ".dvc").is_dir() and not (root / ".git").exists():
        text = config.read_text(encoding="utf-8") if config.is_file() else ""
        if "no_scm" not in text:
            config.write_text(NO_SCM + text, encoding="utf-8")


def listed(root: Path) -> list[str]:
    """The checkout's files, as git sees them: committed or new, but not ignored."""
    if no_commit(root):
        return _unignored(root)
    found = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return sorted(set(filter(None, found.split("\0"))))


def _unignored(root: Path) -> list[str]:
    """The same where there is no git: .gitignore as the library that DVC uses reads it."""
    from pathspec import PathSpec

    lines = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    ignored = PathSpec.from_lines("gitignore", [*lines, ".git/", ".dvc/tmp/", ".dvc/cache/"])
    found: list[str] = []
    for place, folders, files in os.walk(root):
        here = Path(place).relative_to(root)
        folders[:] = [f for f in folders if not ignored.match_file(f"{(here / f).as_posix()}/")]
        found += [(here / f).as_posix() for f in files]
    return sorted(name for name in found if not ignored.match_file(name))


def _digest(root: Path, names: list[str]) -> str:
    """A hash of the commit and of the files' names and bytes."""
    commit = "" if no_commit(root) else git(root, "rev-parse", "HEAD")
    digest = hashlib.sha256(commit.encode())
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


def git(root: Path, *arguments: str) -> str:
    """What git says. UserError if it fails."""
    result = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True)
    if result.returncode:
        raise UserError(f"git {arguments[0]} failed: {' '.join(result.stderr.split())}")
    return result.stdout
