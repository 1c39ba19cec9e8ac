"""Faults of disk and memory while training: a clear word, and the last state intact."""

import contextlib
import errno
import json
import os
import resource
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from common.config import plan
from common.paper import find_root, room
from common.records.record import write_json
from common.run import engine, launch
from common.run.checkpoints import Checkpoints
from common.run.publish import publish
from common.run.training import Run
from common.run.workers import run_seeds
from tests.factory import make_record
from tests.hasty import VERSE, end, make_checkout, start, wait_for_step

STEPS = 24


class Stopped(Exception):
    pass


@pytest.fixture(scope="module")
def verse(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "verse.txt"
    path.write_text(VERSE, encoding="utf-8")
    return str(path)


def train(version, verse, folder=None, stop=None):
    made = plan(room("rnn"), version, "smoke", {"steps": STEPS})

    def report(step, steps, loss, phase):
        if step == stop:
            raise Stopped

    setup = engine.start(matmul="highest")
    run = Run(made.config, 0, setup, verse, folder, report, checkpoint_seconds=0.0)
    result = room("rnn").module(f"{version}.train").train(run)
    return result.metrics, result.curve.loss, result.resumed


@pytest.fixture(scope="module")
def whole(verse, tmp_path_factory):
    """What each version computes undisturbed."""
    return {version: train(version, verse) for version in ("version1", "version2")}


def damage(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "flip":
        content[len(content) // 2] ^= 0x01
    path.write_bytes(content[: len(content) // 2] if how == "cut" else content)
    if how == "empty":
        path.write_bytes(b"")


@pytest.mark.parametrize("version", ["version1", "version2"])
@pytest.mark.parametrize("how", ["flip", "cut", "empty"])
@pytest.mark.parametrize("damaged", [1, 2])
def test_a_run_goes_on_from_what_is_whole(version, how, damaged, whole, verse, tmp_path):
    """With the newest checkpoint damaged from the one before, with both from the beginning."""
    with pytest.raises(Stopped):
        train(version, verse, tmp_path, stop=12)
    steps = sorted(tmp_path.glob("step-*"), key=lambda p: int(p.name.removeprefix("step-")))
    for path in steps[-damaged:]:
        damage(path / "state.safetensors", how)
    metrics, losses, resumed = train(version, verse, tmp_path)
    assert (metrics, losses) == whole[version][:2]
    assert resumed == (1 if damaged < len(steps) else 0)


def saved(folder: Path, *steps: int) -> Checkpoints:
    checkpoints = Checkpoints(folder)
    for step in steps:
        checkpoints.save(step, {"w": torch.full((500,), float(step))}, {"step": step})
    return checkpoints


def test_every_digit_that_a_checkpoint_holds_is_under_its_checksum(tmp_path):
    """A step that is another number is damage, not another step."""
    checkpoints = saved(tmp_path, 1, 2)
    path = tmp_path / "step-2" / "meta.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({**told, "step": 3, "loop": {"step": 3}}))
    assert checkpoints.load()[0] == 1


@contextlib.contextmanager
def failing(monkeypatch, at: int, error: int):
    """The `at`-th call of the system by which a file is made fails, and all after it."""
    made = [0]

    def wrap(real):
        def call(*arguments, **options):
            made[0] += 1
            if made[0] >= at:
                raise OSError(error, os.strerror(error))
            return real(*arguments, **options)

        return call

    with monkeypatch.context() as patch:
        for module, name in ((os, "fsync"), (os, "open"), (Path, "open"), (Path, "rename")):
            patch.setattr(module, name, wrap(getattr(module, name)))
        for name in ("mkdir", "replace"):
            patch.setattr(Path, name, wrap(getattr(Path, name)))
        yield made


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EIO])
def test_whichever_call_fails_a_whole_checkpoint_remains(error, tmp_path, monkeypatch):
    """Every call that a save makes fails once; what was saved before is there, or the new one."""
    with failing(monkeypatch, at=10**6, error=error) as counted:
        saved(tmp_path / "all", 1, 2)
        before = counted[0]
        saved(tmp_path / "all", 3)
    calls = counted[0] - before
    assert calls >= 8
    for at in range(1, calls + 1):
        folder = tmp_path / str(at)
        checkpoints = saved(folder, 1, 2)
        with failing(monkeypatch, at, error), contextlib.suppress(OSError):
            checkpoints.save(3, {"w": torch.full((500,), 3.0)}, {"step": 3})
        step, state, loop = Checkpoints(folder).load()
        assert step in (2, 3) and loop == {"step": step}
        assert state["w"].tolist() == [float(step)] * 500
        saved(folder, 4)
        assert Checkpoints(folder).load()[0] == 4  # and it goes on


@contextlib.contextmanager
def small_files(limit: int):
    """No file of this process may grow beyond `limit` bytes: a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_checkpoint_that_does_not_fit_leaves_the_one_before(tmp_path):
    checkpoints = saved(tmp_path, 1)
    with small_files(1000), pytest.raises(OSError, match="too large"):
        checkpoints.save(2, {"w": torch.zeros(500)}, {})
    assert Checkpoints(tmp_path).load()[0] == 1
    assert not list(tmp_path.glob(".step-*"))


def test_a_record_that_does_not_fit_leaves_the_one_before(tmp_path):
    path = tmp_path / "record.json"
    write_json(path, {"a": 1})
    with small_files(100), pytest.raises(OSError, match="too large"):
        write_json(path, {"a": "b" * 1000})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["record.json"]


@contextlib.contextmanager
def tiny_disk(folder: Path, size: str):
    """A file system of that size at `folder`; the test is skipped where none can be mounted."""
    folder.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def fill(folder: Path) -> Path:
    """A file that takes all the space that is left."""
    path = folder / "ballast"
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    return path


@pytest.mark.slow
def test_a_full_disk_loses_nothing(tmp_path):
    """The disk fills up in the middle: the command ends, and goes on once there is room again."""
    root = make_checkout(tmp_path / "checkout")
    with tiny_disk(root / "local", "1m"):
        words = ("--seed", "0", "-S", "steps=400")
        process = start(root, "version1", *words)
        assert wait_for_step(root / "local", 20, lambda: process.poll() is None)
        ballast = fill(root / "local")
        code, _, err = end(process)
        assert code == 2 and "No space left on device" in err, err
        ballast.unlink()
        code, out, err = end(start(root, "version1", *words, hasty=False))
        assert code == 0 and "record: " in out, err
        path = root / out.strip().splitlines()[-1].removeprefix("record: ")
        assert json.loads(path.read_text())["seeds"][0]["resumed"] == 1


def said_about(problem: str, root: Path, *words: str) -> str:
    """What `python -m papers.rnn.version1.train` says, in one line, where it cannot write."""
    code, _, err = end(start(root, "version1", "--seed", "0", *words, hasty=False))
    assert code == 2, err
    assert "Traceback" not in err and err.count("\n") == 1 and problem in err, err
    return err


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path):
    root = make_checkout(tmp_path / "checkout")
    (root / "local").touch()  # stands for a read-only folder, also where root runs the tests
    said_about("local", root)


@pytest.mark.slow
def test_a_full_disk_is_one_line(tmp_path):
    root = make_checkout(tmp_path / "checkout")
    with tiny_disk(root / "local", "24k"):
        said_about("No space left on device", root, "-S", "steps=30")


@pytest.mark.slow
@pytest.mark.parametrize("content", ["", "{", "[]", '{"result": {"seed": 0}, "engine": {}}'])
def test_a_damaged_seed_that_waits_is_trained_again(content, verse, tmp_path, monkeypatch):
    monkeypatch.chdir(find_root())
    request = launch.Request("rnn", "version1", profile="smoke", seeds=(0,), data=verse)
    launched = replace(launch.prepare(request, False, print), root=tmp_path)
    launched.work.mkdir(parents=True)
    jobs = launch._jobs(launched, "highest")
    ((first, _),) = run_seeds(jobs, 1, 1)
    (launched.work / "seed-0.json").write_text(content, encoding="utf-8")
    ((second, _),) = run_seeds(jobs, 1, 1)
    assert (second.metrics, second.curve.loss) == (first.metrics, first.curve.loss)


@pytest.mark.parametrize("fails", ["rename", "copyfile"])
def test_a_checkpoint_is_published_whole_or_not_at_all(fails, tmp_path, monkeypatch):
    made, work = make_record("toy", "version1"), tmp_path / "work"
    seed = work / f"seed-{made.seeds[0].seed}"
    seed.mkdir(parents=True)
    (seed / "weights.safetensors").write_bytes(b"first")
    publish(tmp_path, tmp_path, made, work)
    (seed / "weights.safetensors").write_bytes(b"second")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder = tmp_path / "checkpoints" / made.variant
    with monkeypatch.context() as patch:
        patch.setattr(Path if fails == "rename" else shutil, fails, full)
        with pytest.raises(OSError, match="No space"):
            publish(tmp_path, tmp_path, made, work)
    assert (folder / "weights.safetensors").read_bytes() == b"first"
    assert (folder / "model.json").is_file()
    publish(tmp_path, tmp_path, made, work)
    assert (folder / "weights.safetensors").read_bytes() == b"second"
    assert [p.name for p in (tmp_path / "checkpoints").iterdir()] == [made.variant]
