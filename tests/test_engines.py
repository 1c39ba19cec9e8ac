"""A record made with another engine than that of params.yaml: where its weights lie."""

import json

import pytest

from common.records.record import read_records
from tests.running import PLAIN, elsewhere, make_running, python

NAME = "engined"
pytestmark = pytest.mark.usefixtures(elsewhere.__name__)


def test_weights_of_another_engine_are_kept_apart(tmp_path):
    folder = make_running(tmp_path, NAME, {"version1": PLAIN})
    said = python(tmp_path, "papers", "train", NAME, "version1", "--threads", "2", "--record")
    (record,) = read_records(folder)
    assert not (folder / "checkpoints").exists() and not (folder / "metrics").exists()
    (place,) = (tmp_path / "local" / NAME).glob("*/checkpoints/version1")
    assert f"weights: {place.relative_to(tmp_path)}, because" in said
    assert json.loads((place / "model.json").read_text())["seal"] == record.seal
    assert (place / "weights.safetensors").is_file()
