"""Launching: interrupted, killed, refused; what is done is kept, and the next call goes on."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from common.paper import find_root
from common.records.record import read_record

TRAIN = [sys.executable, "-m", "papers.rnn.version1.train", "--profile", "smoke"]


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "verse.txt"
    path.write_text(f"{tmp_path.name}: the quick brown fox jumps over the lazy dog.\n" * 120)
    return path


def start(text, *arguments):
    command = [*TRAIN, "--data", str(text), *arguments]
    return subprocess.Popen(
        command, cwd=find_root(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def finish(process):
    out, err = process.communicate(timeout=600)
    return process.returncode, out, err


def workers_of(process):
    return [p for p in psutil.Process(process.pid).children() if "common.run.worker" in p.cmdline()]


def wait_until_training(process):
    for line in process.stderr:
        if "done" in line:
            return workers_of(process)
    raise AssertionError("no seed was done")


def gone(workers):
    _, alive = psutil.wait_procs(workers, timeout=120)
    return not alive


def record_of(out):
    return read_record(find_root() / out.strip().splitlines()[-1].removeprefix("record: "))


@pytest.mark.slow
def test_ctrl_c_ends_the_workers_and_the_next_call_goes_on(text):
    seeds = [word for s in range(4) for word in ("--seed", str(s))]
    process = start(text, "-S", "steps=6000", *seeds)
    workers = wait_until_training(process)
    assert workers
    process.send_signal(signal.SIGINT)
    code, _, err = finish(process)
    assert (code, "the same command goes on from here" in err) == (130, True)
    assert gone(workers)
    code, out, _ = finish(start(text, "-S", "steps=6000", *seeds))
    assert code == 0 and "of 4 seeds are done already" in out
    assert [run.seed for run in record_of(out).seeds] == list(range(4))


@pytest.mark.slow
def test_workers_end_when_their_parent_is_killed(text):
    process = start(text, "-S", "steps=3000000", "--seed", "0", "--seed", "1")
    deadline = time.monotonic() + 240
    while not (workers := workers_of(process)) and time.monotonic() < deadline:
        time.sleep(0.2)
    process.kill()
    process.wait()
    assert workers and gone(workers)


@pytest.mark.slow
def test_a_killed_worker_is_named_and_the_next_call_goes_on(text):
    arguments = ("-S", "steps=6000", *(w for s in range(4) for w in ("--seed", str(s))))
    process = start(text, *arguments)
    for worker in wait_until_training(process):
        os.kill(worker.pid, signal.SIGKILL)
    code, _, err = finish(process)
    assert code == 2 and "a worker process ended before its work was done" in err
    code, out, _ = finish(start(text, *arguments))
    assert code == 0 and "seeds are done already" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--profile", "smok"), "Did you mean 'smoke'?"),
        (("-S", "hiden=3"), "has no parameter 'hiden'. Did you mean 'hidden'?"),
        (("-S", "hidden=-3"), "hidden must be at least 1, not -3."),
        (("-S", "hidden"), "-S takes NAME=VALUE"),
        (("--dtype", "bfloat16"), "does without torch"),
        (("--device", "cuda"), "does without torch"),
        (("--threads", "0"), "threads must be from 1 to"),
        (("--deviation", "adagrad"), "deviations go into version2, not version1."),
        (("--seed", "1", "--seed", "1"), "seeds must be distinct"),
        (("--record",), "leave out --data or --record"),
        (("--data", "no/such/file"), "there is no such file"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(text, arguments, message, monkeypatch, capsys):
    from common.run import launch

    monkeypatch.setattr(sys, "argv", ["train", "--data", str(text), *arguments])
    with pytest.raises(SystemExit) as caught:
        launch.main("papers.rnn.version1.train")
    err = capsys.readouterr().err
    assert caught.value.code == 2
    assert message in err and err.count("\n") == 1 and "Traceback" not in err


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "arguments", "message"),
    [
        (
            "the fox. " * 120,
            ("-S", "sequence=2000"),
            "a step reads 2000: lower the context or the sequence",
        ),
        ("fox" * 1000, ("-S", "hidden=10000000"), "needs more memory than there is"),
    ],
)
def test_what_a_worker_refuses_is_one_line(tmp_path, content, arguments, message):
    path = tmp_path / "own.txt"
    path.write_text(content)
    code, _, err = finish(start(path, *arguments))
    assert code == 2 and message in err and "Traceback" not in err


@pytest.mark.slow
@pytest.mark.parametrize("content", ["a" * 5000, "ü😀 \u200f" * 1500, "\n" * 50 + "x y" * 999])
def test_any_text_trains(tmp_path, content):
    """One symbol, any Unicode, no words: a right answer, not a traceback."""
    path = tmp_path / "own.txt"
    path.write_text(content)
    code, out, err = finish(start(path, "--seed", "0", "-S", "steps=50"))
    assert code == 0, err
    assert record_of(out).dataset.name == "file:own.txt"
