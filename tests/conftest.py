"""Fixtures that several test files share."""

from __future__ import annotations

import importlib.util
import json
import shutil
from functools import partial
from pathlib import Path

import pytest

from common.data import catalog, web
from common.paper import Room, forget_rooms
from common.tracking import client as tracking
from tests.doctored import NAME, copy_room
from tests.small_sets import CONTENT, DEAD, Server, entry, serving
from tests.stores import empty_store


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """An empty store to copy: creating one takes MLflow seconds."""
    path = tmp_path_factory.mktemp("template") / "mlflow.db"
    tracking.prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def noxfile():
    """The module of that name; nox wants its sessions registered once."""
    path = Path(__file__).parents[1] / "noxfile.py"
    spec = importlib.util.spec_from_file_location("noxfile", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def uri(template):
    """One store for most tests; each takes a paper of its own."""
    with empty_store(template) as uri:
        yield uri


@pytest.fixture
def sets(tmp_path, monkeypatch):
    """A catalogue in a temporary folder: a function that adds a dataset to it."""
    folder = tmp_path / "sets"
    folder.mkdir()
    monkeypatch.setattr(catalog, "SETS", folder)
    monkeypatch.setattr(web, "PAUSE", 0.0)
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("PAPERS_DATA_MIRROR", raising=False)

    def add(name: str, *, content: bytes = CONTENT, base: str = DEAD, **more) -> None:
        facts = {"title": name, "kind": "text", "licence": "none", "home": "https://example.org"}
        facts["files"] = [entry("input.txt", content)]
        facts["sources"] = [{"how": "url", "base": base}]
        (folder / f"{name}.json").write_text(json.dumps(facts | more), encoding="utf-8")
        catalog.load_catalog.cache_clear()

    yield add
    catalog.load_catalog.cache_clear()


@pytest.fixture
def mirror(tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "mirror" / "play"
    folder.mkdir(parents=True)
    monkeypatch.setenv("PAPERS_DATA_MIRROR", str(folder.parent))
    return folder


@pytest.fixture
def home(tmp_path):
    """A web server on this machine: its address, its folder, and its handler's class."""
    folder = tmp_path / "home"
    folder.mkdir()
    handler = type("Handler", (Server,), {})
    with serving(partial(handler, directory=str(folder))) as address:
        yield address, folder, handler


@pytest.fixture(scope="session")
def original_room(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("original")
    copy_room(root)
    return root


@pytest.fixture
def room_copy(original_room, tmp_path, monkeypatch) -> Room:
    """A room of committed records in a checkout of its own, to be doctored."""
    root = tmp_path / "checkout"
    shutil.copytree(original_room, root, symlinks=True)
    monkeypatch.chdir(root)
    forget_rooms()
    yield Room(NAME, root / "papers" / NAME)
    forget_rooms()
