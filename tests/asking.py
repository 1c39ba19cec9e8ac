"""A toy room whose versions do not go on writing: every other door leads to one of them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import torch
from safetensors.torch import save_file

from common.paper import Room
from tests.factory import make_room
from tests.toy import forget, write

NAME = "asking"
MODEL = '''"""A model of five words."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Config:
    size: int = 3
'''
PARAMS = "profile: cpu\ncpu:\n  seeds: [0]\n  version1: {}\n"
SEVERAL = '''"""Everything but pictures' classes and translation."""

import numpy as np

from common.ask.abilities import (
    MASK, Captioner, Classifier, Contamination, Filler, Hit, Inside, Matcher, Neighbours, Searcher,
    Units,
)
from common.data.pictures import resized

WORDS = ("man", "woman", "king", "queen", "apple")
QUOTED = 'He said "yes" and she said "no, never" again.\\n' * 40
PAGES = {"Bikes": "A man rides a bike.", "Fruit": "An apple a day."}


def load(
    checkpoint,
) -> tuple[
    Filler, Classifier, Neighbours, Searcher, Contamination, Captioner, Matcher, Units
]:
    size = checkpoint.config.size
    vectors = checkpoint.tensors({"vectors": (len(WORDS), size)})["vectors"]

    def fill(text):
        return [[("\\n", 0.1), (" rides", 0.7), ("eats", 0.2)]] * text.count(MASK)

    def classify(text):
        if text == "broken":
            raise RuntimeError("shapes (3, 4) and (5, 6) cannot be multiplied")
        return [float("nan")] * 2 if text == "nan" else ([0.2, 0.8] if "good" in text else [1, 0])

    def search(query, count):
        found = [Hit(t, text, 1.5) for t, text in PAGES.items() if query in text]
        return found[:count]

    def seen(examples):
        return [text if text in PAGES.values() else None for text in examples]

    def match(picture, texts):
        red = resized(picture, 4, 4)[..., 0].mean() / 255
        return [red if "red" in text else (1 - red) / (len(texts) - 1) for text in texts]

    def read(text):
        """Unit 3 knows what is inside quotes; the others know nothing."""
        values = np.random.default_rng(len(text)).normal(size=(len(text), 6))
        marks = np.cumsum([c == '"' for c in text])
        values[:, 3] = marks % 2
        return Inside(list(text), {"hidden": values}, {"reset": 1 / (1 + np.exp(-values))})

    def caption(picture):
        return "a picture of {} by {}".format(*picture.shape[:2])

    return (
        Filler(fill), Classifier(("bad", "good"), classify), Neighbours(WORDS, vectors),
        Searcher(search), Contamination(seen), Captioner(caption), Matcher(match),
        Units(read, QUOTED),
    )
'''
PICTURES = '''"""Classes of pictures."""

from common.ask.abilities import Classifier


def load(checkpoint) -> Classifier:
    def classify(picture):
        light = picture.mean() / 255
        return [1 - light, light]

    return Classifier(("dark", "light"), classify, reads="image")
'''
BACKWARDS = '''"""Says the words of a sentence backwards."""

import numpy as np

from common.ask.writer import Settings, Translator

WORDS = ("", "a", "man", "rides")  # the first is the end


def load(checkpoint) -> Translator:
    def read(tokens, state):
        left = tokens[:, ::-1] if state is None else state[:, 1:]
        left = left if left.shape[1] else np.zeros((len(tokens), 1), dtype=np.int64)
        return np.where(np.arange(len(WORDS)) == left[:, :1], 0.0, -9.0), left

    return Translator(
        encode=lambda text: [WORDS.index(word) for word in text.split()],
        decode=lambda tokens: " ".join(WORDS[token] for token in tokens),
        next=read,
        defaults=Settings(max_tokens=9, temperature=0),
        end=0,
    )
'''
ASKS = {"version1": SEVERAL, "version2": PICTURES, "version3": BACKWARDS}
VECTORS = [[0.0, 1, 0], [0.0, 0, 1], [1.0, 1, 0], [1.0, 0, 1], [-1.0, -1, 0]]


def make_asking(root: Path) -> Room:
    """The room, with a record for each version and weights of its own."""
    make_room(root, NAME, {"version1": 1.5, "version2": 2.5, "version3": 2.0}, seeds=[0])
    home = Room(NAME, root / "papers" / NAME)
    write(home.path("params.yaml"), PARAMS + "  version2: {}\n  version3: {}\n")
    write(root / "params.yaml", "engine:\n  threads: 1\n  dtype: float32\n")
    for version, ask in ASKS.items():
        write(home.path(version, "__init__.py"), "")
        write(home.path(version, "model.py"), MODEL)
        write(home.path(version, "ask.py"), ask)
    forget(NAME)
    return home


def weights(root: Path, version: str) -> list[str]:
    """Options that name weights of the version, which learned from a text of the user's."""
    text = "a man rides\n"
    write(root / "own.txt", text)
    folder = root / f"weights-{version}"
    folder.mkdir(exist_ok=True)
    save_file({"vectors": torch.tensor(VECTORS)}, folder / "weights.safetensors")
    told = {"paper": NAME, "variant": version, "version": version, "config": {}, "seed": 0}
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    told["dataset"] = {"name": "file:own.txt", "sha256": sha256}
    write(folder / "model.json", json.dumps(told))
    return ["--checkpoint", str(folder), "--data", str(root / "own.txt")]
