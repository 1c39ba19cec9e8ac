"""What `papers units` sees are the states of the equations."""

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from common.ask.checkpoint import read_checkpoint
from common.commands.doors import doors
from common.paper import room
from tests.exams import run_of, train, verse

HOME = room("rnn")


@pytest.fixture(params=["version1", "version2"])
def trained(request, tmp_path):
    """A short training's (version, folder, weights)."""
    run = run_of("rnn", request.param, verse(tmp_path), steps=40)
    run.folder = tmp_path
    train("rnn", request.param, run)
    told = {"paper": "rnn", "variant": request.param, "version": request.param, "seed": 0}
    sha256 = hashlib.sha256(Path(run.data).read_bytes()).hexdigest()
    told |= {"dataset": {"name": "file:verse.txt", "sha256": sha256}}
    told |= {"config": dataclasses.asdict(run.config)}
    (tmp_path / "model.json").write_text(json.dumps(told))
    return request.param, tmp_path, load_file(tmp_path / "weights.safetensors")


def test_hidden_units_are_those_of_the_equations(trained):
    version, folder, weights = trained
    text = str(folder / "verse.txt")
    checkpoint = read_checkpoint(HOME, folder, text)
    assert {"generate", "units"} <= set(doors(HOME, version))
    _, units, *_ = HOME.module(f"{version}.ask").load(checkpoint)
    w = {name.removeprefix("model."): array for name, array in weights.items()}
    if version == "version1":  # W_xh x there, x W_xh here
        w |= {name: w[name].T for name in ("w_xh", "w_hh")}
    symbols, h = sorted(set(Path(text).read_text())), np.zeros(checkpoint.config.hidden)
    inside = units.read("the dog\nruns")
    for character, seen in zip("the dog\nruns", inside.units["hidden"], strict=True):
        h = np.tanh(w["w_xh"][symbols.index(character)] + h @ w["w_hh"] + w["b_h"])
        assert seen == pytest.approx(h, abs=1e-5)
    assert not inside.gates
