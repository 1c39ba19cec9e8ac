"""Pictures with captions: rendered shapes, images by their classes, or a set of the hub."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from common.data.catalog import get
from common.data.fetch import ensure, from_receipt
from common.data.idx import read_idx
from common.data.images import Images, load_images
from common.data.place import Fetched, Report
from common.errors import UserError

SPLITS = ("train", "validation", "test")
TEMPLATES = ("{}", "a picture of {}", "a photo of {}", "an image that shows {}")
VALIDATION = 12  # one in so many training pictures: 5,000 of Fashion-MNIST's
PHRASES = {  # how a caption says a class, where it is not "a " and its name
    "T-shirt/top": "a T-shirt", "Trouser": "a pair of trousers", "Ankle boot": "an ankle boot",
    "airplane": "an airplane", "automobile": "an automobile",
}  # fmt: skip


@dataclass(frozen=True)
class Captions:
    """Pictures, uint8 (N, H, W, 3), and the caption of each; iterates over (picture, caption)."""

    images: np.ndarray
    captions: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.captions)

    def __iter__(self) -> Iterator[tuple[np.ndarray, str]]:
        return zip(self.images, self.captions, strict=True)


@dataclass(frozen=True)
class Captioned:
    """A set with its splits, in the order of its files."""

    name: str
    sha256: str
    stand_in_for: str | None
    train: Captions
    validation: Captions
    test: Captions

    def splits(self) -> dict[str, Captions]:
        return {name: getattr(self, name) for name in SPLITS}


def load_captioned(
    name: str = "rendered_shapes", *, receipt: Path | None = None, report: Report = print
) -> Captioned:
    """The captioned pictures of a set; with `receipt`, of the set that it names.

    A set of images gets captions of its classes, by templates. UserError for other kinds.
    """
    known = receipt is not None and receipt.exists()
    fetched = from_receipt(receipt, report) if known else ensure(name, report=report)
    kind = get(fetched.name).kind
    if kind == "images":
        return _by_class(load_images(fetched.name, report=report), fetched)
    if kind != "captioned":
        raise UserError(f"'{fetched.name}' is of kind {kind}, and has no pictures with captions.")
    parts = {split: _read(fetched.folder, split) for split in SPLITS}
    return Captioned(fetched.name, fetched.sha256, fetched.stand_in_for, **parts)


def _read(folder: Path, split: str) -> Captions:
    images = read_idx(folder / f"{split}-images-idx4-ubyte")
    text = (folder / f"{split}-captions.txt").read_text(encoding="utf-8")
    captions = tuple(text.removesuffix("\n").split("\n"))
    if len(captions) != len(images):
        raise UserError(f"{split} has {len(images)} pictures but {len(captions)} captions.")
    return Captions(images, captions)


def _by_class(images: Images, fetched: Fetched) -> Captioned:
    phrases = [_phrase(name) for name in images.classes]
    first = len(images.train) - len(images.train) // VALIDATION
    train, labels = images.train, images.train_labels
    parts = {
        "train": (train[:first], labels[:first]),
        "validation": (train[first:], labels[first:]),
        "test": (images.test, images.test_labels),
    }
    made = {split: _captions(*part, phrases) for split, part in parts.items()}
    return Captioned(fetched.name, fetched.sha256, fetched.stand_in_for, **made)


def _captions(images: np.ndarray, labels: np.ndarray, phrases: list[str]) -> Captions:
    captions = (
        TEMPLATES[i % len(TEMPLATES)].format(phrases[label]) for i, label in enumerate(labels)
    )
    if images.ndim == 3:  # grey: the same memory three times
        images = np.broadcast_to(images[..., None], (*images.shape, 3))
    return Captions(images, tuple(captions))


def _phrase(label: str) -> str:
    if label in PHRASES:
        return PHRASES[label]
    return f"the digit {label}" if label.isdigit() else f"a {label.lower()}"
