"""`dvc exp run -S`: what a user overrides is what is trained, and no record of ours is touched."""

from __future__ import annotations

import shutil

import pytest
import yaml

# DVC names no function for this in its public interface; this is the one behind `-S`.
from dvc.utils.hydra import apply_overrides

from common.config import plan, read_yaml
from common.paper import Room, rooms


def parameters():
    """(room, version, parameter, value) of everything that the usual profile of a room names."""
    for room in rooms().values():
        params = read_yaml(room.path("params.yaml"))
        section = params[params["profile"]]
        for version in room.paper.versions:
            for name, value in (section.get(version) or {}).items():
                yield pytest.param(room, version, name, value, id=f"{room.name}-{version}-{name}")


def another(value):
    """A value of the same kind that every config allows."""
    if value is None:
        return 256
    return 2 * value if value else 0.125


@pytest.mark.parametrize(("room", "version", "name", "value"), list(parameters()))
def test_every_parameter_that_is_overridden_is_what_is_trained(
    room, version, name, value, tmp_path
):
    shutil.copy(room.path("params.yaml"), tmp_path)
    profile = read_yaml(tmp_path / "params.yaml")["profile"]
    changed = another(value)
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
