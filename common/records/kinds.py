"""What the fields of a record may hold: kinds of numbers and words, each with its limits."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, Field

SAMPLE = 20_000  # characters of a sample; training cuts longer ones
SOURCE = re.compile(r"(\w+/)*\w+\.py(::[\w-]+)?", re.ASCII)


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("must be finite; write null for a diverged value")
    return value


def _source(path: str) -> str:
    if not SOURCE.fullmatch(path):
        raise ValueError("names no Python file inside this repository")
    return path


def _utc(text: str) -> str:
    if datetime.fromisoformat(text).utcoffset() != timedelta(0):
        raise ValueError("must be a time in UTC")
    return text


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$", max_length=120)]
Words = Annotated[str, Field(max_length=300)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Source = Annotated[str, Field(max_length=300), AfterValidator(_source)]
Commit = Annotated[str, Field(pattern=r"^(unknown|[0-9a-f]{40}(-dirty)?)$")]
Time = Annotated[str, Field(max_length=40), AfterValidator(_utc)]
Number = Annotated[float, AfterValidator(_finite)]
Amount = Annotated[Number, Field(ge=0)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Sample = Annotated[str, Field(max_length=SAMPLE)]
Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]


def later(default: Any) -> Any:
    """A field that came after the first records: written only where it says something, so that
    their bytes and seals stay what they were."""
    return Field(default, exclude_if=lambda value: not value)
