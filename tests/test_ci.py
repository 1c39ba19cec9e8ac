"""What `.ci/run` says and returns at its end, of stages that stand in for its own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / ".ci" / "run"


def run_stages(folder: Path, *stages: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of `.ci/run` in `folder` whose last lines, its stages, are `stages`."""
    head = [line for line in SCRIPT.read_text().splitlines() if not line.startswith("stage ")]
    copy = folder / ".ci" / "run"
    copy.parent.mkdir()
    copy.write_text("\n".join([*head, *stages, ""]))
    return subprocess.run(["bash", copy], capture_output=True, text=True, timeout=60)


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
