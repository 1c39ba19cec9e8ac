"""A copy of the checkout, in which `papers new` makes rooms and all their tests are run."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from common.data.place import data_root

ROOT = Path(__file__).parents[1]
FOR_ALL = re.compile(r"\brooms\(|from tests\.exams import")  # in tests that look at every room


def copy_checkout(folder: Path) -> Path:
    """The checkout as it is, committed or not, without what git ignores."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def run(folder: Path, *module: str) -> str:
    """`python -m ...` in the copy; its output."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    given = {"PATH": path, "PAPERS_DATA": str(data_root()), "OMP_NUM_THREADS": "1"}
    environment = {**os.environ, **given}
    done = subprocess.run(
        [sys.executable, "-m", *module], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def room_wide(folder: Path, name: str, but: str = "test_scaffold") -> str:
    """What the tests of every room, `but` some, say of one; it fails if one of them does."""
    files = [p for p in (folder / "tests").glob("test_*.py") if FOR_ALL.search(p.read_text())]
    names = [path.relative_to(folder).as_posix() for path in sorted(files)]
    selected = ["-k", f"{name} and not ({but})", "-m", "not slow", "-rsx"]
    return run(folder, "pytest", *names, *selected, "-p", "no:cacheprovider")
