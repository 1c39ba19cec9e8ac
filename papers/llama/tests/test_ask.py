# Decide here: what must be true of this paper's models alone?
"""Maps of attention from a checkpoint: causal, and the weights that the net uses."""

import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from common.ask.checkpoint import read_checkpoint
from common.commands.doors import doors
from common.errors import UserError
from common.paper import rooms
from papers.llama.task import Exam

HOME = rooms()["llama"]
TEXT = "To be, or not to be: that is the question.\nWhether 'tis nobler\n" * 40
SIZES = {"context": 10, "d_model": 16, "heads": 2, "layers": 2}
VERSIONS = pytest.mark.parametrize("version", ["version1", "version2"])


@pytest.fixture
def make(tmp_path):
    """make(version, merges) -> Writer with random weights."""
    data = tmp_path / "own.txt"
    data.write_text(TEXT)

    def made(version, merges=None, dtype="float32"):
        model = HOME.module(f"{version}.model")
        values = {**SIZES, "merges": merges}
        config = model.Config(**values)
        exam = Exam(str(data), config, model.vocabulary)
        torch.manual_seed(0)
        net = (model.GPT if version == "version1" else model.GPT2)(config, exam.symbols)
        weights = {name: 25 * w if w.dim() > 1 else w for name, w in net.state_dict().items()}
        told = {
            "paper": "llama",
            "variant": version,
            "version": version,
            "config": values,
            "dataset": {
                "name": "file:own.txt",
                "sha256": hashlib.sha256(TEXT.encode()).hexdigest(),
            },
            "seed": 0,
        }
        named = {f"model.{name}": w.contiguous() for name, w in weights.items()}
        save_file(named, tmp_path / "weights.safetensors")
        (tmp_path / "model.json").write_text(json.dumps(told))
        checkpoint = read_checkpoint(HOME, tmp_path, str(data), dtype)
        return checkpoint.writer(HOME.module(f"{version}.ask"))

    return made


@VERSIONS
def test_maps_are_causal_and_sum_to_one(make, version):
    assert doors(HOME, version) == ["generate", "chat", "attend"]
    layers = make(version).attend("To be, or")
    assert [layer.name for layer in layers] == ["layer 1", "layer 2"]
    for layer in layers:
        assert layer.weights.shape == (2, 9, 9) and list(layer.queries) == list("To be, or")
        assert layer.weights.sum(-1) == pytest.approx(np.ones((2, 9)), abs=1e-5)
        assert (np.triu(layer.weights, 1) == 0).all()


def test_maps_are_the_weights_the_net_uses(make, monkeypatch):
    """With every value replaced by its place, attention gives the mean place under the map."""
    model = HOME.module("version2.model")
    seen, real = [], model.attend

    def spying(q, k, v, hidden):
        places = torch.eye(k.shape[-2]).expand(*k.shape[:-1], -1)
        seen.append(real(q, k, places, hidden))
        return real(q, k, v, hidden)

    writer = make("version2")
    monkeypatch.setattr(model, "attend", spying)
    writer.next(np.array([writer.encode("To be, or")]), None)
    for used, layer in zip(seen, writer.attend("To be, or")):
        assert used.view(2, 9, -1).numpy() == pytest.approx(layer.weights, abs=1e-4)


@VERSIONS
def test_a_text_longer_than_a_window_is_mapped_as_it_is_read(make, version):
    """Windows of 10: [0, 10), [5, 15), [10, 19). Each token stands in the window that read it."""
    text = "To be, or not to be"
    writer = make(version)
    tokens = np.array([writer.encode(text)])
    read, last = (np.asarray(writer.next(part, None)[0]) for part in (tokens, tokens[:, 10:]))
    np.testing.assert_allclose(read, last, atol=1e-5)
    windows = {(0, 10): 0, (5, 15): 10, (10, 19): 15}  # -> its first new token
    for number, layer in enumerate(writer.attend(text)):
        assert list(layer.queries) == list(text) and layer.weights.shape == (2, 19, 19)
        expected = np.zeros_like(layer.weights)
        for (start, end), first in windows.items():
            alone = writer.attend(text[start:end])[number].weights
            expected[:, first:end, start:end] = alone[:, first - start :]
        np.testing.assert_allclose(layer.weights, expected, atol=1e-6)
        np.testing.assert_allclose(layer.weights.sum(-1), 1, atol=1e-5)


def test_a_text_too_long_for_a_map_is_refused_before_it_is_read(make):
    with pytest.raises(UserError, match="this text has 513 tokens: give at most 512"):
        make("version2").attend("o" * 513)
