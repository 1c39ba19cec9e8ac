"""Two processes that share a run compute what one does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest
import torch

from common.paper import rooms
from common.records.sources import imported_modules
from common.run.parallel import spread
from tests import forks
from tests.exams import VERSIONS, parameters
from tests.hasty import make_checkout, wait_for_step
from tests.standing import standing

# Records keep six digits. Sums in another order move the last of them; where training is far from
# steady, as the Transformer's is in its first steps, each step then multiplies the difference.
STEADY, TOLERANCE, WANDERED = 20, 2e-5, 5e-3
ROUNDED = 1e-4  # in place of TOLERANCE, where the optimizer rounds its directions to bfloat16
DRAWN = ("dropout", "depth_dropout", "forgotten")  # by each process for itself
SAMPLED = ("electra",)  # whose words each process draws for itself, too, and must
PLAIN = dict.fromkeys(DRAWN, 0.0) | {"bfloat16": False}  # without them
RUNS = [  # every torch version, and what it needs to be without dropout and rounding
    (f"{name}.{version}", {p: value for p, value in PLAIN.items() if p in known})
    for name, version in VERSIONS
    if name in standing()
    and name not in SAMPLED
    and "torch" in imported_modules(rooms()[name].path(version, "model.py"))
    for known in [parameters(name, version)]
]


def torchrun(root, processes: int, version: str, *words: str, hasty=False) -> subprocess.Popen:
    module = [*(["tests.hasty"] if hasty else []), f"papers.{version}.train"]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", str(processes), "-m", *module, "--profile", "smoke", *words]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(root)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=root, env=environment, start_new_session=True, **pipes)


def record(root, process: subprocess.Popen) -> dict:
    out, err = process.communicate(timeout=600)
    assert process.returncode == 0, err
    (path,) = (line.removeprefix("record: ") for line in out.splitlines() if "record: " in line)
    return json.loads((root / path).read_text(encoding="utf-8"))


def train(root, processes: int, version: str, *words: str) -> dict:
    return record(root, torchrun(root, processes, version, "--seed", "0", *words))


def close(one: dict, two: dict, tolerance: float) -> None:
    """The first STEADY losses to `tolerance` of their size, all that follows to WANDERED."""
    first, second = one["curve"], two["curve"]
    steady = [row for row, step in enumerate(first["step"]) if step <= STEADY]
    for column in ("loss", "validation"):
        for rows, bound in ((steady, tolerance), (range(len(first["step"])), WANDERED)):
            expected = [first[column][row] for row in rows]
            assert [second[column][row] for row in rows] == pytest.approx(expected, rel=bound)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """What the runs learn from, fetched once; the checkout's own stays as it is."""
    return tmp_path_factory.mktemp("data")


@pytest.mark.slow
@pytest.mark.parametrize(("version", "changes"), RUNS, ids=[version for version, _ in RUNS])
def test_two_processes_compute_what_one_does(version, changes, data, tmp_path, monkeypatch):
    """Of every version, in forks of a process that has torch; the command is the next test's."""
    monkeypatch.setenv("PAPERS_DATA", str(data))
    room, _, name = version.partition(".")
    results = []
    for processes in (1, 2):
        job = forks.job(tmp_path / str(processes), room, name, overrides=changes)
        result, engine = forks.trained(job, processes)
        assert engine.get("processes", "1") == str(processes)
        results.append(result.model_dump(mode="json"))
    close(*results, ROUNDED if "bfloat16" in changes else TOLERANCE)


@pytest.mark.slow
def test_torchrun_makes_the_record_that_one_process_makes(tmp_path):
    """Over the real command; what it records of the machine says how many there were."""
    root = make_checkout(tmp_path)
    one, two = (train(root, n, "rnn.version2") for n in (1, 2))
    close(one["seeds"][0], two["seeds"][0], TOLERANCE)
    assert two["engine"]["processes"] == "2" and "processes" not in one["engine"]
    assert two["hardware"]["name"] != one["hardware"]["name"]


@pytest.mark.slow
def test_a_shared_run_goes_on_after_a_kill(tmp_path):
    """Bit for bit, and the record says so."""
    words = ("--data", "verse.txt", "--seed", "0", "-S", "steps=400")
    root, other = make_checkout(tmp_path / "killed"), make_checkout(tmp_path / "whole")
    process = torchrun(root, 2, "rnn.version2", *words, hasty=True)
    assert wait_for_step(root / "local", 40, lambda: process.poll() is None)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    went_on = record(root, torchrun(root, 2, "rnn.version2", *words))["seeds"][0]
    whole = record(other, torchrun(other, 2, "rnn.version2", *words))["seeds"][0]
    assert went_on["resumed"] == 1 and whole["resumed"] == 0
    assert went_on["metrics"] == whole["metrics"]
    assert went_on["curve"]["loss"] == whole["curve"]["loss"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("version", "words", "said"),
    [
        ("rnn.version1", [], "one process"),
        ("gpt2.version2", ["-S", "batch=1"], "a batch of 1 cannot be shared by 2 processes"),
    ],
)
def test_what_cannot_be_shared_is_refused(version, words, said, tmp_path):
    process = torchrun(make_checkout(tmp_path), 2, version, "--seed", "0", *words)
    _, err = process.communicate(timeout=600)
    assert process.returncode != 0 and said in err, err


def test_one_process_changes_nothing():
    net = torch.nn.Linear(2, 2)
    assert spread(net) is net and "forward" not in vars(net)
