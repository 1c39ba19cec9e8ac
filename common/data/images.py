"""Images for classification: Fashion-MNIST (IDX files), or scikit-learn's digits in its place."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from common.data.catalog import get
from common.data.fetch import ensure, from_receipt
from common.data.idx import read_idx
from common.data.place import Report
from common.errors import UserError

FASHION = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
DIGITS_TRAIN = 1_500  # the rest is the test; the set is in the order of its writers
_kept: list[object] = []  # a torch.library.Library undoes its definitions when it is collected


@dataclass(frozen=True)
class Images:
    """Grey images, uint8 (N, H, W), 0 to 255, and their classes, int64 (N,)."""

    name: str
    sha256: str
    stand_in_for: str | None
    classes: tuple[str, ...]
    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray


def load_images(
    name: str = "fashion_mnist", *, receipt: Path | None = None, report: Report = print
) -> Images:
    """The images of a set; with `receipt`, of the set that it names."""
    if receipt is not None and receipt.exists():
        fetched = from_receipt(receipt, report)
    else:
        fetched = ensure(name, report=report)
    if get(fetched.name).kind != "images":
        raise UserError(f"'{fetched.name}' is of kind {get(fetched.name).kind}, not images.")
    read = _digits if fetched.name == "digits" else _fashion
    return Images(fetched.name, fetched.sha256, fetched.stand_in_for, *read(fetched.folder))


def _fashion(folder: Path) -> tuple:
    arrays = [
        read_idx(folder / f"{part}-{kind}-ubyte")
        for part in ("train", "t10k")
        for kind in ("images-idx3", "labels-idx1")
    ]
    return FASHION, arrays[0], arrays[1].astype(np.int64), arrays[2], arrays[3].astype(np.int64)


def _digits(folder: Path) -> tuple:
    table = np.loadtxt(folder / "digits.csv", delimiter=",", dtype=np.int64)  # (1797, 65)
    images = (table[:, :64] * 255 // 16).astype(np.uint8).reshape(-1, 8, 8)
    labels, n = table[:, 64], DIGITS_TRAIN
    return tuple("0123456789"), images[:n], labels[:n], images[n:], labels[n:]


def load_torchvision() -> ModuleType:
    """Import torchvision, also where its build does not match torch's.

    A CUDA build beside a CPU torch fails as it registers a function for its operator `nms`,
    which its missing library would have declared. Declaring it lets the rest work: datasets,
    transforms, models. Only on exactly that error, since a second declaration is an error too.
    """
    try:
        return importlib.import_module("torchvision")
    except ImportError:
        raise UserError("torchvision is not installed: pip install 'palimpsest[data]'.") from None
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
    for name in [n for n in sys.modules if n.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    library = importlib.import_module("torch.library").Library("torchvision", "FRAGMENT")
    for operator in ("nms", "qnms"):
        library.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _kept.append(library)
    return importlib.import_module("torchvision")
