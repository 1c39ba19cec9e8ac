"""Images for classification: Fashion-MNIST, scikit-learn's digits in its place, or CIFAR-10."""

from __future__ import annotations

import importlib
import sys
import tarfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from common.data.archives import members
from common.data.catalog import get
from common.data.fetch import ensure, from_receipt
from common.data.idx import read_idx
from common.data.place import Report
from common.errors import UserError

FASHION = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
    "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
CIFAR = (
    "airplane", "automobile", "bird", "cat", "deer",
    "dog", "frog", "horse", "ship", "truck",
)  # fmt: skip
BATCHES = tuple(f"data_batch_{number}" for number in range(1, 6))  # of CIFAR-10's training part
COLOURED = (3, 32, 32)  # one of its images in a file: a plane for each of red, green and blue
DIGITS_TRAIN = 1_500  # the rest is the test; the set is in the order of its writers
_kept: list[object] = []  # a torch.library.Library undoes its definitions when it is collected


@dataclass(frozen=True)
class Images:
    """Images, uint8, 0 to 255, and their classes, int64 (N,).

    Grey ones are (N, H, W), those in colour (N, H, W, 3): red, green, blue.
    """

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
    read = {"digits": _digits, "cifar10": _cifar}.get(fetched.name, _fashion)
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


def _cifar(folder: Path) -> tuple:
    """From the binary version. The one that torchvision reads holds pickles, which run code."""
    path = folder / "cifar-10-binary.tar.gz"
    try:
        found = members(path, "cifar-10-batches-bin/*.bin")
    except (tarfile.TarError, zlib.error, OSError, EOFError, ValueError) as error:
        raise UserError(f"{path.name} is broken: {error}.") from None
    train, test = (_rows(found, names) for names in (BATCHES, ("test_batch",)))
    return CIFAR, *train, *test


def _rows(found: dict[str, bytes], names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, H, W, 3) and labels (N,) of the files: rows of a label and three planes."""
    tables, size = [], 1 + int(np.prod(COLOURED))
    for name in (f"cifar-10-batches-bin/{name}.bin" for name in names):
        content = found.get(name, b"")
        if not content or len(content) % size:
            raise UserError(f"{name} has {len(content)} bytes, not {size} for each image.")
        tables.append(np.frombuffer(content, dtype=np.uint8).reshape(-1, size))
        if (highest := tables[-1][:, 0].max()) >= len(CIFAR):
            raise UserError(f"{name} has the label {highest}: there are {len(CIFAR)} classes.")
    rows = np.concatenate(tables)
    images = rows[:, 1:].reshape(-1, *COLOURED).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), rows[:, 0].astype(np.int64)


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
