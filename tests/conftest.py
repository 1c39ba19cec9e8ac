"""Fixtures that several test files share."""

from __future__ import annotations

import pytest

from common import tracking
from tests.stores import empty_store


@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """An empty store to copy: creating one takes MLflow seconds."""
    path = tmp_path_factory.mktemp("template") / "mlflow.db"
    tracking.prepare(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="module")
def uri(template):
    """One store for most tests; each takes a paper of its own."""
    with empty_store(template) as uri:
        yield uri
