"""What `.ci/run` says and returns at its end, of stages that stand in for its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from common.run.processors import hardware_name, processor

SCRIPT = Path(__file__).parents[1] / ".ci" / "run"


def run_stages(folder: Path, *stages: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of `.ci/run` in `folder` whose last lines, its stages, are `stages`."""
    head = [line for line in SCRIPT.read_text().splitlines() if not line.startswith("stage ")]
    copy = folder / ".ci" / "run"
    copy.parent.mkdir()
    copy.write_text("\n".join([*head, *stages, ""]))
    environment = {**os.environ, "PAPERS_DATA_MIRROR": "/mirror"}
    command = ["bash", copy]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)


@pytest.mark.parametrize(
    ("stages", "code", "closing"),
    [
        (["stage one echo '12 passed in 1s'", "stage two echo '3 passed in 1s'"], 0, (15, 0)),
        (["stage one echo 'nothing counted'"], 0, (0, 0)),
        (["stage one sh -c 'echo 2 failed, 9 passed, 1 error in 3s; exit 1'"], 1, (9, 3)),
        (["stage one echo '4 passed in 1s'", "stage two false", "stage three echo no"], 1, (4, 1)),
    ],
    ids=["all pass", "nothing to count", "tests fail", "a stage fails by itself"],
)
def test_the_last_line_and_the_exit_code_agree(
    tmp_path: Path, stages: list[str], code: int, closing: tuple[int, int]
) -> None:
    """A green run returns 0, any other 1, and each ends with the sum of what pytest counted."""
    done = run_stages(tmp_path, *stages)
    assert done.returncode == code, done.stderr
    assert done.stdout.splitlines()[-1] == "{} passed, {} failed".format(*closing)
    assert ("failed in:" in done.stdout) == (code != 0)
    assert "== three" not in done.stdout


README = """
```bash
echo "mirror: $PAPERS_DATA_MIRROR"; echo "report: reports/rnn.md"; : nox -s reproduce
```

```bash
echo "7" "passed in" .boot/bin/nox
```

```
echo "no command" .boot/bin/nox
```
"""
HERE = hardware_name(processor(), None, 1, "float32")


def checkout(folder: Path, page: str = f"Trained on {HERE}.", readme: str = README) -> None:
    """A folder with what README's commands would have left: a report, and an environment whose
    Python is this one and whose `papers` finds nothing wrong."""
    for path in (".venv/bin", "reports"):
        (folder / path).mkdir(parents=True)
    (folder / "README.md").write_text(readme)
    (folder / "reports/rnn.md").write_text(page)
    (folder / ".venv/bin/python").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (folder / ".venv/bin/papers").write_text('#!/bin/sh\necho "papers $*"\n')
    for tool in (folder / ".venv/bin").iterdir():
        tool.chmod(0o755)


def test_readmes_commands_are_run_as_they_stand_there_and_without_a_mirror(tmp_path: Path) -> None:
    checkout(tmp_path)
    done = run_stages(tmp_path, 'stage "first" reproduce', "stage second readme bin/nox")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\nmirror: \nreport: reports/rnn.md\n") == 2
    assert "papers report --check" in done.stdout and "no command" not in done.stdout
    assert done.stdout.splitlines()[-1] == "7 passed, 0 failed"


def test_readme_holds_both_commands() -> None:
    readme = (SCRIPT.parents[1] / "README.md").read_text()
    commands = [line for line in readme.splitlines() if line.endswith("bin/nox")]
    assert len(commands) == 1
    assert commands[0] + " -s reproduce" in readme.splitlines()


@pytest.mark.parametrize(
    ("page", "readme", "said"),
    [
        ("Trained elsewhere.", README, f"does not name {HERE}"),
        (HERE, README.replace("report: ", ""), "it ended without a report"),
        (HERE, README.replace("nox -s reproduce", "nox"), "has not one command that ends in"),
        (HERE, README.replace("```bash", "```bash\n: nox -s reproduce", 1), "has not one command"),
        (HERE, README.replace(": nox", "false nox"), "failed in: first"),
    ],
    ids=["another machine's report", "no report", "no command", "two commands", "it fails"],
)
def test_a_first_command_that_ends_in_no_report_fails(tmp_path, page, readme, said) -> None:
    checkout(tmp_path, page, readme)
    done = run_stages(tmp_path, "stage first reproduce", "stage second echo no")
    assert done.returncode == 1 and said in done.stdout, done.stdout
    assert "== second" not in done.stdout


def test_a_second_time_that_takes_long_fails(tmp_path: Path) -> None:
    checkout(tmp_path)
    slow = run_stages(tmp_path, "again_within=-1", "stage first reproduce")
    assert slow.returncode == 1 and "that is more than -1 s" in slow.stdout


def test_the_tests_that_begin_first_are_tests() -> None:
    """conftest.py names them; one of another name would wait its turn in silence."""
    root = SCRIPT.parents[1]
    named = re.findall(r'(?m)^    "(test_\w+)",$', (root / "conftest.py").read_text())
    code = "".join(path.read_text() for path in (root / "tests").glob("test_*.py"))
    assert named and [name for name in named if f"def {name}(" not in code] == []
