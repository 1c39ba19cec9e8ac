"""Rooms that answer from demo weights, in checkouts of their own with small sets for their data."""

from __future__ import annotations

import bz2
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import save_file

from common.data import place
from common.data.catalog import files_sha256, get
from common.data.idx import idx_bytes
from common.data.images import FASHION
from common.paper import LONG, Room, forget_rooms, rooms
from common.records.record import Dataset, Record, record_path, write_record
from papers.gpt2.version2 import model as gpt2
from papers.transformer.task import Exam
from papers.transformer.version3 import model as transformer
from papers.vit.version2 import model as vit
from tests.factory import make_record
from tests.small_sets import DEAD, entry

ROOT = Path(__file__).parents[1]
TEXT = "Second Citizen:\nBefore we proceed any further, hear me speak.\n" * 40
WORDS = [("man", "Mann"), ("rides", "fährt"), ("bike", "Rad"), ("red", "rot"), ("a", "ein")]
IMAGES = {"train": 24, "t10k": 4}


class Case(NamedTuple):
    """A room, what its newest version learns from, and small sizes of it."""

    data: str
    sizes: dict
    net: Callable[[dict], torch.nn.Module]


SMALL = {"d_model": 12, "heads": 3, "layers": 2}
OF_PIXELS = {**SMALL, "side": 28, "channels": 1, "patch": 14, "mlp": 16}
CASES = {
    "gpt2": Case(
        "tinyshakespeare",
        {**SMALL, "merges": None, "context": 32},
        lambda sizes: gpt2.GPT2(gpt2.Config(**sizes), len(set(TEXT))),
    ),
    "transformer": Case(
        "multi30k",
        {**SMALL, "d_ff": 16},
        lambda sizes: transformer.Transformer(
            transformer.Config(**sizes), Exam("multi30k").symbols
        ),
    ),
    "vit": Case(
        "fashion_mnist", OF_PIXELS, lambda sizes: vit.ViT(vit.Config(**sizes), len(FASHION))
    ),
}


def add_data(add: Callable, name: str, folder: Path) -> None:
    """Put a small set of that name into the catalogue `folder`, and its files on this machine."""
    if name == "tinyshakespeare":
        (folder / "tiny.bz2").write_bytes(bz2.compress(TEXT.encode()))
        files = {"input.txt": TEXT.encode()}
        more = {"sources": [{"how": "embedded", "file": "tiny.bz2"}]}
    else:
        files = _pairs() if name == "multi30k" else _images()
        more = {"kind": "pairs" if name == "multi30k" else "images"}
    more["files"] = [entry(path, content) for path, content in files.items()]
    add(name, base=DEAD, **more)
    for path, content in files.items():
        at = place.data_root() / name / path
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_bytes(content)


def _pairs() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    drawn = [[WORDS[i] for i in rng.integers(len(WORDS), size=5)] for _ in range(120)]
    found = {}
    for side, language in enumerate(("en", "de")):
        text = "".join(" ".join(pair[side] for pair in row) + "\n" for row in drawn)
        found |= {f"{part}.{language}": text.encode() for part in ("train", "val")}
        found[f"test_2016_flickr.{language}"] = text.encode()
    return found


def _images() -> dict[str, bytes]:
    rng, found = np.random.default_rng(0), {}
    for part, count in IMAGES.items():
        images = rng.integers(256, size=(count, 28, 28)).astype(np.uint8)
        found[f"{part}-images-idx3-ubyte"] = idx_bytes(images)
        found[f"{part}-labels-idx1-ubyte"] = idx_bytes(np.arange(count, dtype=np.uint8) % 10)
    return found


def scratch(root: Path, name: str) -> Room:
    """A checkout whose only room is the real one of that name, without its records and weights."""
    folder = root / "papers" / name
    folder.mkdir(parents=True)
    for linked in ("common", "params.yaml", "papers/__init__.py", "papers/__main__.py"):
        (root / linked).symlink_to(ROOT / linked)
    for child in (ROOT / "papers" / name).iterdir():
        if child.name not in ("runs", "checkpoints", "demo", "__pycache__"):
            (folder / child.name).symlink_to(child)
    forget_rooms()
    return rooms(root)[name]


def trained(home: Room) -> tuple[Record, Path]:
    """A record of the size LONG, and the checkpoint that its run left: a net as it is first drawn,
    of numbers that bfloat16 has, with something of an optimizer."""
    case, name = CASES[home.name], f"{home.newest}-{LONG}"
    torch.manual_seed(0)
    net = case.net(case.sizes)
    state = {f"model.{key}": 3 * w.bfloat16().float() for key, w in net.state_dict().items()}
    state = {key: w.bfloat16().float() for key, w in state.items()}
    data = Dataset(name=case.data, sha256=files_sha256(get(case.data).files))
    record = make_record(
        home.name,
        name,
        seeds=[0],
        metric=home.paper.metric.name,
        version=home.newest,
        size=LONG,
        dataset=data,
        config=case.sizes,
    )
    write_record(record_path(home.folder, record), record)
    folder = home.path("checkpoints", name)
    folder.mkdir(parents=True)
    save_file(state | {"optimizer.0.step": torch.ones(9)}, folder / "weights.safetensors")
    keep = {"paper", "variant", "version", "deviation", "config", "dataset", "more_data", "seal"}
    told = record.model_dump(mode="json", include=keep)
    (folder / "model.json").write_text(json.dumps({**told, "seed": 0}))
    return record, folder


def as_cloned(home: Room) -> None:
    """What git holds, no more."""
    shutil.rmtree(home.path("checkpoints"))
    shutil.rmtree(place.data_root(), ignore_errors=True)


def bytes_of(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}
