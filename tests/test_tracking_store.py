"""Where the tracking store lies: any path, made whole or not at all."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common.tracking import client as tracking
from common.tracking import store
from tests.factory import make_record

ROOT = Path(tracking.__file__).parents[1]
STRANGE = ["what?", "50%", "a%20b", "#1", "a b", "Übung", "semi;colon&amp", "quote'\""]


@pytest.mark.parametrize("name", STRANGE)
def test_the_store_stays_inside_a_checkout_of_any_name(tmp_path, template, monkeypatch, name):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    root = tmp_path / name
    root.mkdir()
    (root / "mlflow.db").write_bytes(template.read_bytes())
    uri = tracking.uri(root)
    assert store.sqlite_path(uri) == root / "mlflow.db"
    record = make_record("somewhere", seeds=range(2), points=5)
    assert tracking.import_records([record], uri) == tracking.Imported(new=1)
    assert tracking.import_records([record], uri) == tracking.Imported(unchanged=1)
    assert tracking.read_back(uri) == [record]
    assert [path.name for path in tmp_path.iterdir() if path.name != "runs"] == [name]
    assert {path.name.split(".")[0] for path in root.iterdir()} == {"mlflow", "mlruns"}


def test_a_fresh_store_is_made_aside_and_put_in_place(tmp_path, monkeypatch):
    """Were it made in place, a kill in between would leave half of it there."""
    path = tmp_path / "why?" / "mlflow.db"
    seen = []
    real = Path.replace

    def replace(self, target):
        seen.append((self.name[:14], Path(target) == path and not path.exists()))
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    tracking.prepare(store.sqlite_uri(path))
    assert seen == [("mlflow.db.new-", True)]
    assert [f.name for f in tmp_path.iterdir()] == ["why?"]
    assert {f.name for f in path.parent.iterdir()} == {"mlflow.db", "mlflow.db.lock"}


@pytest.mark.slow
def test_a_kill_while_the_store_is_made_costs_nothing(tmp_path):
    for name in "abc":
        folder = tmp_path / name
        folder.mkdir()
        uri = store.sqlite_uri(folder / "mlflow.db")
        code = f"from common.tracking import client as tracking; tracking.prepare({uri!r})"
        process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE)
        deadline = time.monotonic() + 60
        while not list(folder.glob("mlflow.db.new*")) and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)  # tables are being made
        process.send_signal(signal.SIGKILL)
        process.communicate()
        done = tracking.import_records([make_record("killed", seeds=range(2), points=5)], uri)
        assert done == tracking.Imported(new=1)
        assert not list(folder.glob("*.new*"))
