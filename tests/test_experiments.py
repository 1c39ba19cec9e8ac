"""`dvc exp run -S`: what a user overrides is what is trained, and no record of ours is touched."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

# DVC names no function for this in its public interface; this is the one behind `-S`.
from dvc.utils.hydra import apply_overrides

from common.config import plan, read_yaml
from common.paper import Room, rooms
from common.records.record import read_record

ROOT = Path(__file__).parents[1]


def parameters():
    """(room, version, parameter, value) of everything that the usual profile of a room names."""
    for room in rooms().values():
        params = read_yaml(room.path("params.yaml"))
        section = params[params["profile"]]
        for version in room.paper.versions:
            for name, value in (section.get(version) or {}).items():
                yield pytest.param(room, version, name, value, id=f"{room.name}-{version}-{name}")


def another(name, value):
    """A value of the same kind that every config allows."""
    if value is None:
        return 256
    if name == "tasks":  # no more than rows of a batch
        return value // 2
    return 2 * value if value else 0.125


@pytest.mark.parametrize(("room", "version", "name", "value"), list(parameters()))
def test_every_parameter_that_is_overridden_is_what_is_trained(
    room, version, name, value, tmp_path
):
    shutil.copy(room.path("params.yaml"), tmp_path)
    profile = read_yaml(tmp_path / "params.yaml")["profile"]
    usual = getattr(plan(room, version).defaults, name)  # of text, the one that is known to do
    changed = usual if isinstance(value, str | bool) else another(name, value)
    assert changed != value
    override = f"{profile}.{version}.{name}={changed}"
    apply_overrides(tmp_path / "params.yaml", [override])
    copy = Room(room.name, tmp_path)
    assert getattr(plan(copy, version).config, name) == changed
    others = [other for other in room.paper.versions if other != version]
    assert all(plan(copy, v).config == plan(room, v).config for v in others)


@pytest.mark.parametrize("room", list(rooms().values()), ids=lambda room: room.name)
def test_no_parameter_is_written_once_and_used_twice(room):
    """DVC writes an anchor's old value back over a new one, without a word."""
    events = yaml.parse(room.path("params.yaml").read_text(encoding="utf-8"))
    assert [e for e in events if getattr(e, "anchor", None)] == []


@pytest.mark.slow
def test_an_experiment_trains_what_it_names_and_touches_no_record(tmp_path):
    """`dvc exp run --temp` for real, in a clone, at the sizes of the smoke profile."""
    clone, home = tmp_path / "clone", "papers/rnn"
    run("git", "clone", "-q", str(ROOT), str(clone))
    dvc = [sys.executable, "-m", "dvc"]
    changes = ["profile=smoke", "smoke.version2.hidden=24"]
    words = [word for change in changes for word in ("-S", f"{home}/params.yaml:{change}")]
    run(*dvc, "exp", "run", "-q", "--temp", *words, f"{home}/dvc.yaml:train@version2", cwd=clone)
    assert run("git", "status", "--porcelain", cwd=clone) == ""
    (path,) = clone.glob("local/experiments/*/rnn/runs/*/version2.json")
    record = read_record(path)
    assert (record.config["hidden"], record.profile) == (24, "smoke")
    columns = "Experiment|.*rnn.*version2[.].*bits_per_character"  # as docs/experiments.md has it
    short = ["--md", "--only-changed", "--drop", ".*", "--keep", columns]
    shown = run(*dvc, "exp", "show", *short, cwd=clone)
    assert max(map(len, shown.splitlines())) <= 120
    mean = sum(record.values("bits_per_character").values()) / len(record.seeds)
    assert f"{mean:.5g}" in shown  # five digits, as the table has


def run(*command, cwd=None):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(cwd or "")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
