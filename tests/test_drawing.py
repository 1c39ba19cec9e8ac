"""The pictures' commands: mistakes end in one line, before anything is drawn."""

import re
import subprocess
import sys

import pytest

from tests.scaffolding import ROOT

FILES = sorted((ROOT / "papers").glob("*/evidence/pictures.py"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "wrong number of arguments: python -m papers.mamba.evidence.pictures WEIGHTS FOLDER"),
        (("papers/mamba/demo", "nowhere"), "nowhere is no folder"),
        (("nowhere", "docs/pictures"), "nowhere is no checkpoint"),
        (("papers/llama/demo", "docs/pictures"), "is a checkpoint of 'llama', not 'mamba'"),
    ],
)
def test_a_mistake_ends_in_one_line(words, said) -> None:
    command = [sys.executable, "-m", "papers.mamba.evidence.pictures", *words]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 2 and found.stderr.startswith("error: ")
    assert said in found.stderr and found.stderr.count("\n") == 1


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parts[-3])
def test_every_room_calls_it(path) -> None:
    assert re.search(r"__main__\":\n    run_main\(main\)\n\Z", path.read_text())
