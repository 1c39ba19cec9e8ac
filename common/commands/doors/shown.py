"""What the doors' answers look like: words and numbers with bars, or JSON. Light."""

from __future__ import annotations

import json as json_module
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from common.commands.generate import say
from common.errors import UserError, visible

PICTURES = (".png", ".jpg", ".jpeg")
WIDEST = 40  # columns of a label
NUMBER = 7  # columns of its number, with a blank before and behind it


def present(what: str) -> str:
    """`what`; UserError if it names a picture that is not there, before anything is trained."""
    if what.lower().endswith(PICTURES) and not Path(what).expanduser().exists():
        raise UserError(f"{what}: there is no such file.")
    return what


def answer(json: bool, told: dict[str, Any], lines: Iterable[str]) -> None:
    """Print `told` as JSON, or the lines."""
    if json:
        print(json_module.dumps(told, indent=2, ensure_ascii=False))
    else:
        say("".join(f"{line}\n" for line in lines))


def bars(scored: Sequence[tuple[str, float]], percent: bool = True) -> list[str]:
    """A line for each label with its number and a bar, as wide as the terminal."""
    from rich.cells import cell_len, set_cell_size
    from rich.console import Console

    names = [visible(label) for label, _ in scored]
    widest = min(WIDEST, max(map(cell_len, names), default=0))
    space = max(10, min(Console().width, 120) - widest - NUMBER - 4)
    return [
        f"  {set_cell_size(name, widest)} {number(value, percent):>{NUMBER}} "
        f"{'█' * round(space * min(1.0, max(0.0, value)))}".rstrip()
        for name, (_, value) in zip(names, scored)
    ]


def number(value: float, percent: bool) -> str:
    return f"{value:.1%}" if percent else f"{value:.3f}"


def as_rows(scored: Sequence[tuple[str, float]], name: str, value: str = "p") -> list[dict]:
    """For JSON."""
    return [{name: label, value: number} for label, number in scored]
