"""Checkpoints: written whole, verified, and the one before is used when the last is damaged."""

import numpy as np
import pytest
import torch

from common.run.checkpoints import Checkpoints
from common.run.engine import Masters
from common.run.resume import pack, unpack


@pytest.fixture
def three(tmp_path):
    checkpoints = Checkpoints(tmp_path)
    for step in (1, 2, 3):
        checkpoints.save(
            step, {"w": torch.full((4,), float(step)), "n": np.arange(step)}, {"a": step}
        )
    return checkpoints


def test_the_newest_is_loaded_and_two_are_kept(three, tmp_path):
    step, state, loop = three.load()
    assert (step, loop, state["w"].tolist()) == (3, {"a": 3}, [3.0] * 4)
    assert sorted(p.name for p in tmp_path.glob("step-*")) == ["step-2", "step-3"]


@pytest.mark.parametrize("name", ["state.safetensors", "meta.json"])
@pytest.mark.parametrize("damage", ["flip", "cut", "remove"])
def test_a_damaged_checkpoint_falls_back(three, tmp_path, name, damage):
    path = tmp_path / "step-3" / name
    content = bytearray(path.read_bytes())
    if damage == "remove":
        path.unlink()
    else:
        content[len(content) // 2] ^= 0xFF
        path.write_bytes(bytes(content if damage == "flip" else content[:-3]))
    assert three.load()[0] == 2


def test_no_checkpoint_is_none(tmp_path):
    assert Checkpoints(tmp_path / "none").load() is None


def test_leftovers_of_a_killed_write_are_swept(three, tmp_path):
    (tmp_path / ".step-4").mkdir()
    (tmp_path / ".step-4" / "state.safetensors").write_bytes(b"half")
    assert Checkpoints(tmp_path).load()[0] == 3
    assert not (tmp_path / ".step-4").exists()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_torch_version_is_packed_whole(dtype):
    """After unpacking into a fresh network, both go on alike, bit for bit."""

    def make():
        torch.manual_seed(0)
        net = torch.nn.Linear(3, 2).to(dtype)
        masters = Masters(net.parameters())
        return net, torch.optim.Adam(masters.masters, lr=0.1), masters, {"h": torch.zeros(2)}

    def step(net, optimizer, masters, carried, seed):
        x = torch.randn(5, 3, generator=torch.Generator().manual_seed(seed)).to(dtype)
        net(x).square().sum().backward()
        masters.take_gradients()
        optimizer.step()
        optimizer.zero_grad()
        masters.give_weights()
        carried["h"] = carried["h"] + seed

    one = make()
    for seed in (1, 2, 3):
        step(*one, seed)
    saved = {name: value.clone() for name, value in pack(*one).items()}
    two = make()
    unpack(saved, *two)
    for seed in (4, 5):
        step(*one, seed)
        step(*two, seed)
    for (name, a), b in zip(pack(*one).items(), pack(*two).values(), strict=True):
        assert torch.equal(a, b), name
