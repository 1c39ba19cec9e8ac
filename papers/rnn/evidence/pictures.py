"""A picture of a recurrent network's memory: how long one letter is still felt in its state.

`python -m papers.rnn.evidence.pictures WEIGHTS docs/pictures` takes the folder with the weights of
a version 2 that reads characters, as a training leaves it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from common.ask.abilities import Units
from common.ask.checkpoint import read_checkpoint
from common.paper import room
from common.reports import coloured, style
from common.reports.drawing import run_main
from papers.rnn.version2 import ask

BEFORE, OTHER = "\nQ", "\nq"  # read before the text: alike but for a letter
TEXT = "UEEN MARGARET:\nWhat says Lord Stanley? will he bring his power?\n"
COLUMNS, LETTER = 60, 9
PLACES, STEPS = 60, 20  # of held-out text where a letter is exchanged; letters after it


def difference(units: Units, first: str, other: str, text: str) -> np.ndarray:
    """How far apart the states after each letter of the text are, in parts of their size (T,)."""
    one, two = (
        units.read(before + text).units["hidden"][len(before) :] for before in (first, other)
    )
    return np.linalg.norm(one - two, axis=1) / np.linalg.norm(one, axis=1)


def typical(units: Units) -> np.ndarray:
    """The quartiles (3, STEPS) of that, where a letter of held-out text is exchanged for "e"."""
    starts = np.linspace(20, len(units.held_out) - STEPS - 1, PLACES).astype(int)
    pieces = [units.held_out[start - 20 : start + STEPS + 1] for start in starts]
    found = [
        difference(units, piece[:21], f"{piece[:20]}e", piece[21:])
        for piece in pieces
        if piece[20] != "e"
    ]
    return np.quantile(found, [0.25, 0.5, 0.75], axis=0)


def main(weights: str, folder: str) -> None:
    units = next(
        found
        for found in ask.load(read_checkpoint(room("rnn"), Path(weights)))
        if isinstance(found, Units)
    )
    apart = difference(units, BEFORE, OTHER, TEXT)
    low, middle, high = typical(units)
    lines = TEXT.count("\n")
    with style.theme():
        figure, (above, below) = style.canvas([0.2 * lines, 1.7], left=0.85, below=0.15)
        colours = {"cmap": coloured.RISING, "vmin": 0, "vmax": 1.0}
        coloured.text(above, list(TEXT), apart, COLUMNS, LETTER, **colours)
        above.set_title("How much the state still tells whether Q or q came before", size=10)
        after = range(1, STEPS + 1)
        below.fill_between(after, low, high, color=style.PALETTE[1], alpha=0.25, lw=0)
        below.plot(after, middle, c=style.PALETTE[1])
        below.set_xticks(range(0, STEPS + 1, 5))
        below.set_ylim(bottom=0)
        style.finish(
            below,
            f"After other letters: median and quartiles over {PLACES} places of the test text",
            "letters since one was exchanged",
            "difference / size",
        )
        style.keep(figure, Path(folder) / "rnn-memory.png")


if __name__ == "__main__":
    run_main(main)
