"""Fixtures that several test files share."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from common import tracking
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
