"""The sets that this repository makes itself, by the name of their maker.

A maker takes the folder to write into. The catalogue pins its bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from common.data.shapes import rendered_shapes

MAKERS: dict[str, Callable[[Path], None]] = {maker.__name__: maker for maker in (rendered_shapes,)}
