"""A user's picture as an array: PNG or JPEG, of any size that is no attack on the memory."""

from __future__ import annotations

import stat
import warnings
from pathlib import Path
from types import ModuleType

import numpy as np

from common.data.own import KINDS
from common.errors import UserError

LARGEST = 64 << 20  # bytes of the file
PIXELS = 50_000_000  # of the picture: 150 MB as an array
FORMATS = ("PNG", "JPEG")


def read_picture(path: str | Path) -> np.ndarray:
    """uint8 (H, W, 3), turned the right way up, what is transparent on white.

    UserError for what is no PNG or JPEG, is damaged, or is too large, before it is unpacked.
    """
    image = _library()
    place = _file(path)
    if place.stat().st_size > LARGEST:
        raise UserError(f"{path} is larger than {LARGEST >> 20} MiB: make it smaller.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the library only warns of is refused below
        try:
            with image.open(place, formats=FORMATS) as picture:
                width, height = picture.size
                if width * height > PIXELS:
                    raise UserError(
                        f"{path} has {width:,} x {height:,} pixels; {PIXELS:,} is the most."
                    )
                return _pixels(image, picture)
        except image.UnidentifiedImageError:
            raise UserError(f"{path} is no PNG or JPEG picture: convert it.") from None
        except image.DecompressionBombError:
            raise UserError(f"{path} has too many pixels; {PIXELS:,} is the most.") from None
        except (OSError, ValueError, SyntaxError, EOFError, IndexError, OverflowError) as error:
            raise UserError(f"{path} is damaged: {' '.join(str(error).split())}.") from None


def resized(picture: np.ndarray, height: int, width: int, grey: bool = False) -> np.ndarray:
    """The middle of the picture in that shape and size: (height, width, 3), or (height, width)."""
    image = _library()
    whole = image.fromarray(picture)
    scale = min(whole.width / width, whole.height / height)
    w, h = (max(1, round(scale * side)) for side in (width, height))
    left, top = (whole.width - w) // 2, (whole.height - h) // 2
    middle = whole.crop((left, top, left + w, top + h))
    small = middle.resize((width, height), image.Resampling.BILINEAR)
    return np.asarray(small.convert("L") if grey else small)


def _file(path: str | Path) -> Path:
    """UserError if there is no such file, or no ordinary one: a pipe would be waited for."""
    place = Path(path).expanduser()
    try:
        mode = place.stat().st_mode
    except (OSError, ValueError) as error:
        absent = isinstance(error, FileNotFoundError)
        reason = "there is no such file" if absent else getattr(error, "strerror", None) or error
        raise UserError(f"{path}: {reason}.") from None
    if not stat.S_ISREG(mode):
        kind = KINDS.get(stat.S_IFMT(mode), "no ordinary file")
        raise UserError(f"{path} is {kind}: name a PNG or JPEG picture.")
    return place


def _library() -> ModuleType:
    try:
        from PIL import Image
    except ImportError:
        raise UserError("pillow is not installed: pip install 'palimpsest[data]'.") from None
    return Image


def _pixels(image: ModuleType, picture) -> np.ndarray:
    from PIL import ImageOps

    picture.load()
    turned = ImageOps.exif_transpose(picture)
    if turned.mode.startswith("I"):  # 16 bits a pixel, which `convert` would cut off at 255
        grey = np.asarray(turned).astype(np.int64).clip(0, 65_535) // 257
        turned = image.fromarray(grey.astype(np.uint8))
    clear = turned.convert("RGBA")
    return np.asarray(image.alpha_composite(image.new("RGBA", clear.size, "white"), clear))[..., :3]
