"""SIGKILL at random moments, again and again: what goes on is bit for bit what never stopped.

Nothing here is seeded: every call of the tests tries other moments, and a failure names them.
"""

import multiprocessing
import os
import random
import signal
import time
from pathlib import Path

import pytest

from common.config import plan
from common.paper import room
from common.records.record import Record, SeedRun, read_record, write_json
from common.run import engine
from common.run.training import Run
from tests.hasty import PAUSE, VERSE, end, make_checkout, saved_step, start, wait_for_step

KILLS = 10  # per version, of the training process alone; fewer where it ends before
GROUP_KILLS = 3  # per version, of the command with its workers
STEPS = {"version1": 600, "version2": 200}
MEASURED = ("seconds", "tokens_per_second", "peak_memory_mib", "resumed")


def computed(run: SeedRun) -> dict:
    """What the run computed: all but clocks, gauges and the count of interruptions."""
    content = run.model_dump(exclude=set(MEASURED))
    content["curve"].pop("seconds")
    return content


def train(version: str, folder: Path) -> None:
    """One seed to its end, from wherever it stood; many checkpoints."""
    text = folder.parent / "verse.txt"
    made = plan(room("rnn"), version, "smoke", {"steps": STEPS[version]})
    setup = engine.start(matmul="highest")
    run = Run(made.config, 0, setup, str(text), folder, checkpoint_seconds=PAUSE)
    result = room("rnn").module(f"{version}.train").train(run)
    write_json(folder.with_suffix(".json"), result.model_dump(mode="json"))


@pytest.fixture(scope="module")
def forks():
    """Processes that have torch already, from a server without threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", "tests.test_kill", "papers.rnn.version2.train"])
    return context


def finished(forks, version: str, folder: Path) -> tuple[SeedRun, bytes]:
    """Result and weights, with the optimizer's state, of a run that nobody kills."""
    process = forks.Process(target=train, args=(version, folder))
    process.start()
    process.join(600)
    assert process.exitcode == 0
    result = SeedRun.model_validate_json(folder.with_suffix(".json").read_bytes())
    return result, (folder / "weights.safetensors").read_bytes()


def killed(forks, version: str, folder: Path, step: int) -> tuple[int, float] | None:
    """SIGKILL a random moment after that step's checkpoint: (newest checkpoint, the moment).

    None if the run, which a busy machine lets go on while we wait, had ended before.
    """
    process = forks.Process(target=train, args=(version, folder))
    process.start()
    wait_for_step(folder, step, process.is_alive)
    time.sleep(moment := random.uniform(0, 2 * PAUSE))
    process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return (saved_step(folder), moment) if process.exitcode else None


@pytest.mark.slow
@pytest.mark.parametrize("version", sorted(STEPS))
def test_killed_at_random_moments_it_ends_as_if_it_never_was(version, forks, tmp_path):
    (tmp_path / "verse.txt").write_text(VERSE, encoding="utf-8")
    whole, weights = finished(forks, version, tmp_path / "whole")
    part, moments, step = tmp_path / "part", [], 0
    while len(moments) < KILLS and (moment := killed(forks, version, part, step)):
        moments.append(moment)
        step = moment[0] + random.randint(0, STEPS[version] // (4 * KILLS))
    result, again = finished(forks, version, part)
    assert again == weights, moments
    assert computed(result) == computed(whole), moments
    assert result.resumed >= 3, moments
    assert not list(part.glob(".step-*"))


def outcome(root: Path, out: str) -> tuple[Record, bytes, bytes]:
    """The record of a command, and its published weights and metrics."""
    path = root / out.strip().splitlines()[-1].removeprefix("record: ")
    home, record = path.parents[2], read_record(path)
    weights = home / "checkpoints" / record.variant / "weights.safetensors"
    metrics = home / "metrics" / f"{record.variant}.json"
    return record, weights.read_bytes(), metrics.read_bytes()


def killed_group(root: Path, version: str, words: list[str], step: int) -> str:
    """SIGKILL for the launcher and its workers, a random moment after that step's checkpoint."""
    process = start(root, version, *words)
    reached = wait_for_step(root / "local", step, lambda: process.poll() is None)
    time.sleep(random.uniform(0, 0.05))
    os.killpg(process.pid, signal.SIGKILL)
    _, _, err = end(process)
    assert reached and process.returncode == -signal.SIGKILL, err
    return f"step {saved_step(root / 'local')}"


@pytest.mark.slow
@pytest.mark.parametrize("version", sorted(STEPS))
def test_a_killed_command_goes_on_where_it_stood(version, tmp_path):
    words = ["-S", f"steps={2 * STEPS[version]}", "--seed", "0"]
    other = make_checkout(tmp_path / "whole")
    code, out, err = end(start(other, version, *words, hasty=False))
    assert code == 0, err
    whole, weights, metrics = outcome(other, out)

    root, moments = make_checkout(tmp_path / "part"), []
    for _ in range(GROUP_KILLS):
        step = saved_step(root / "local") + random.randint(1, STEPS[version] // 4)
        moments.append(killed_group(root, version, words, step))
    code, out, err = end(start(root, version, *words, hasty=False))
    assert code == 0, err
    part, again, said = outcome(root, out)
    assert (again, said) == (weights, metrics), moments
    assert computed(part.seeds[0]) == computed(whole.seeds[0]), moments
    assert (whole.seeds[0].resumed, part.seeds[0].resumed) == (0, GROUP_KILLS), moments
    assert not list((root / "local" / "resume").glob("rnn/*"))  # nothing is left behind
