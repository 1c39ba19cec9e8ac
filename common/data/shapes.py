"""Rendered shapes with captions: a set that this repository makes, the same bytes on every machine.

Each picture shows one shape at a place, several of a kind, or two in a relation, and its caption
says so. In training and validation no shape of a held-out combination of colour and shape is seen;
in the test there are no others, though each colour and each shape was seen.

Pixels are decided by comparing whole numbers, without fonts or smoothing; what is drawn at random
comes from `random.random()`, whose numbers Python promises to keep.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from common.data.idx import idx_bytes

Item = TypeVar("Item")
SIDE = 32  # pixels
SPLITS = {"train": 6_000, "validation": 600, "test": 1_200}
COLOURS = {
    "red": (214, 39, 40), "green": (44, 160, 44), "blue": (31, 119, 180), "yellow": (237, 201, 72),
    "purple": (148, 103, 189), "orange": (255, 127, 14), "black": (20, 20, 20),
    "pink": (247, 140, 200),
}  # fmt: skip
GROUNDS = (225, 235, 245, 255)  # greys behind the shapes
Inside = Callable[[np.ndarray, np.ndarray, int], np.ndarray]
SHAPES: dict[str, Inside] = {  # which pixels at (x, y) from the middle belong to it, radius r
    "circle": lambda x, y, r: x * x + y * y <= r * r,
    "square": lambda x, y, r: 5 * np.maximum(abs(x), abs(y)) <= 4 * r,
    "triangle": lambda x, y, r: (2 * abs(x) <= y + r) & (y <= r),
    "diamond": lambda x, y, r: abs(x) + abs(y) <= r,
    "cross": lambda x, y, r: (
        (3 * np.minimum(abs(x), abs(y)) <= r) & (np.maximum(abs(x), abs(y)) <= r)
    ),
    "ring": lambda x, y, r: (x * x + y * y <= r * r) & (4 * (x * x + y * y) >= r * r),
}
ALL = [(colour, shape) for colour in COLOURS for shape in SHAPES]
HELD_OUT = [  # each colour once, so that every colour and every shape is seen in training
    (colour, list(SHAPES)[(5 * i) % len(SHAPES)]) for i, colour in enumerate(COLOURS)
]
SIZES = {"small": 4, "large": 7}
PLACES = {
    "at the top left": (8, 8), "at the top right": (23, 8), "in the middle": (16, 16),
    "at the bottom left": (8, 23), "at the bottom right": (23, 23),
}  # fmt: skip
NUMBERS = {"two": 2, "three": 3, "four": 4}
RELATIONS = {"left of": (-1, 0), "right of": (1, 0), "above": (0, -1), "below": (0, 1)}
BEGINNINGS = ("", "a picture of ", "an image with ")


@dataclass(frozen=True)
class Drawn:
    """A shape in a picture: its middle, its radius."""

    colour: str
    shape: str
    x: int
    y: int
    radius: int


@dataclass(frozen=True)
class Scene:
    """What a picture shows, and the caption that says so."""

    caption: str
    drawn: tuple[Drawn, ...]
    ground: int


def rendered_shapes(folder: Path) -> None:
    """Write `<split>-images-idx4-ubyte` and `<split>-captions.txt` for each split."""
    seen: set[bytes] = set()
    for split, count in SPLITS.items():
        scenes, pictures = _apart(split, count, seen)
        images = np.stack(pictures)
        (folder / f"{split}-images-idx4-ubyte").write_bytes(idx_bytes(images))
        lines = "".join(f"{scene.caption}\n" for scene in scenes)
        (folder / f"{split}-captions.txt").write_bytes(lines.encode())


def _apart(split: str, count: int, seen: set[bytes]) -> tuple[list[Scene], list[np.ndarray]]:
    """So many scenes, no two pictures alike, in this split or those before."""
    scenes, pictures = [], []
    for scene in endless(split):
        picture = render(scene)
        if picture.tobytes() not in seen:
            seen.add(picture.tobytes())
            scenes.append(scene)
            pictures.append(picture)
        if len(scenes) == count:
            break
    return scenes, pictures


def endless(split: str) -> Iterator[Scene]:
    """Scenes of the split without end, always the same."""
    rng = random.Random(f"rendered shapes: {split}")
    pairs = HELD_OUT if split == "test" else [pair for pair in ALL if pair not in HELD_OUT]
    while True:
        caption, drawn = _pick(rng, (_one, _several, _related))(rng, pairs)
        yield Scene(_pick(rng, BEGINNINGS) + caption, drawn, _pick(rng, GROUNDS))


def render(scene: Scene) -> np.ndarray:
    """The picture, uint8 (SIDE, SIDE, 3)."""
    picture = np.full((SIDE, SIDE, 3), scene.ground, dtype=np.uint8)
    y, x = np.mgrid[:SIDE, :SIDE]
    for one in scene.drawn:
        inside = SHAPES[one.shape](x - one.x, y - one.y, one.radius)
        picture[inside] = COLOURS[one.colour]
    return picture


def _one(rng: random.Random, pairs: Sequence[tuple[str, str]]) -> tuple[str, tuple[Drawn, ...]]:
    (colour, shape), size, place = _pick(rng, pairs), _pick(rng, SIZES), _pick(rng, PLACES)
    x, y = (at + _pick(rng, (-1, 0, 1)) for at in PLACES[place])
    return f"a {size} {colour} {shape} {place}", (Drawn(colour, shape, x, y, SIZES[size]),)


def _several(rng: random.Random, pairs: Sequence[tuple[str, str]]) -> tuple[str, tuple[Drawn, ...]]:
    (colour, shape), number = _pick(rng, pairs), _pick(rng, NUMBERS)
    cells = [(8, 8), (23, 8), (8, 23), (23, 23)]
    chosen = [cells.pop(_below(rng, len(cells))) for _ in range(NUMBERS[number])]
    drawn = [
        Drawn(colour, shape, x + _pick(rng, (-1, 0, 1)), y + _pick(rng, (-1, 0, 1)), radius)
        for (x, y), radius in zip(chosen, [_pick(rng, (4, 5))] * len(chosen))
    ]
    plural = f"{shape}es" if shape == "cross" else f"{shape}s"
    return f"{number} {colour} {plural}", tuple(drawn)


def _related(rng: random.Random, pairs: Sequence[tuple[str, str]]) -> tuple[str, tuple[Drawn, ...]]:
    first, second = _pick(rng, pairs), _pick(rng, pairs)
    while second == first:
        second = _pick(rng, pairs)
    relation = _pick(rng, RELATIONS)
    dx, dy = RELATIONS[relation]
    x, y = (16 + _pick(rng, (-2, -1, 0, 1, 2)) for _ in range(2))
    drawn = [
        Drawn(*pair, x + 8 * sign * dx, y + 8 * sign * dy, _pick(rng, (4, 5, 6)))
        for pair, sign in ((first, 1), (second, -1))
    ]
    names = (f"{_article(colour)} {colour} {shape}" for colour, shape in (first, second))
    return f" {relation} ".join(names), tuple(drawn)


def _article(word: str) -> str:
    return "an" if word[0] in "aeiou" else "a"


def _pick(rng: random.Random, choices: Iterable[Item]) -> Item:
    listed = list(choices)
    return listed[_below(rng, len(listed))]


def _below(rng: random.Random, count: int) -> int:
    return int(rng.random() * count)
