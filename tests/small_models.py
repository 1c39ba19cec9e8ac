"""An untrained network in a folder, as a training would leave it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from common.data.text import Characters
from papers.rnn.version2.model import RNN, Config

TEXT = "To be, or not to be: that is the question.\n" * 40


def untrained(folder: Path) -> list[str]:
    """Options that name rnn's version2 over the characters of TEXT. It hardly ends a line."""
    (folder / "own.txt").write_text(TEXT)
    torch.manual_seed(0)
    net = RNN(Config(hidden=8), len(Characters(TEXT)))
    net.b_y.data[0] = -50.0  # so an answer does not end by itself
    state = {f"model.{name}": w for name, w in net.state_dict().items()}
    save_file(state, folder / "weights.safetensors")
    told = {
        "paper": "rnn",
        "variant": "version2",
        "version": "version2",
        "config": {"hidden": 8},
        "dataset": {"name": "own.txt", "sha256": hashlib.sha256(TEXT.encode()).hexdigest()},
        "seed": 0,
    }
    (folder / "model.json").write_text(json.dumps(told))
    return ["--checkpoint", str(folder), "--data", str(folder / "own.txt")]
