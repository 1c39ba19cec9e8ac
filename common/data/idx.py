"""IDX files: arrays of unsigned bytes with their shape, the format of MNIST."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from common.errors import UserError


def read_idx(path: Path) -> np.ndarray:
    """An IDX file of unsigned bytes as an array of the shape that its header names.

    Format: two zero bytes, type 0x08, number of dimensions, each dimension as a big-endian
    32-bit integer, the bytes. UserError if the file is of another form or length.
    """
    content = path.read_bytes()
    if len(content) < 4 or content[:3] != b"\0\0\x08":
        raise UserError(f"{path.name} is not an IDX file of unsigned bytes.")
    head = 4 + 4 * content[3]
    if len(content) < head:
        raise UserError(f"{path.name} ends within its header.")
    shape = struct.unpack(f">{content[3]}I", content[4:head])
    if len(content) - head != int(np.prod(shape)):
        raise UserError(f"{path.name} holds {len(content) - head} bytes, its header says {shape}.")
    return np.frombuffer(content, dtype=np.uint8, offset=head).reshape(shape)


def idx_bytes(array: np.ndarray) -> bytes:
    """An array of unsigned bytes as `read_idx` reads it."""
    head = b"\0\0\x08" + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + np.ascontiguousarray(array, dtype=np.uint8).tobytes()
