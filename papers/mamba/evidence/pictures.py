"""A picture of selection: what Delta opens for over a text; and of what the state costs.

`python -m papers.mamba.evidence.pictures WEIGHTS docs/pictures` takes the folder with the weights
of a version 3, as a training leaves it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from common.ask.checkpoint import read_checkpoint
from common.paper import room
from common.reports import coloured, style
from common.reports.drawing import run_main
from papers.mamba.version3 import ask
from papers.mamba.version3.model import Config

TEXT = """MENENIUS:
What work's, my countrymen, in hand? where go you
With bats and clubs? The matter? speak, I pray you.
"""
COLUMNS, LETTER = 60, 9
READ = (1, 4_096)  # tokens


def selected(panels, gates: dict[str, np.ndarray], tokens: list[str]) -> None:
    """The text once for each layer, on the colours of the channel whose opening moves most."""
    for axes, (name, opening) in zip(panels, gates.items()):
        channel = int(opening.std(axis=0).argmax())
        values = opening[:, channel]
        coloured.text(
            axes, tokens, values, COLUMNS, LETTER, cmap=coloured.RISING, vmin=0, vmax=values.max()
        )
        told = f"opens from {values.min():.2f} to {values.max():.2f}"
        axes.set_title(f"{name.removesuffix(' Delta').capitalize()}, channel {channel}: {told}")


def kept(axes, config: Config) -> None:
    """Numbers that are kept between tokens, and what attention of that size keeps."""
    state = config.layers * config.expand * config.d_model * (config.states + config.taps - 1)
    cache = 2 * config.layers * config.d_model  # a key and a value
    axes.plot(READ, [state, state], c=style.PALETTE[0], label="Mamba's state")
    axes.plot(
        READ, np.multiply(READ, cache), c=style.PALETTE[3], label="keys and values of attention"
    )
    axes.legend(loc="upper left")
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_major_formatter("{x:,.0f}")
    style.finish(axes, "What must be kept to read on", "tokens read", "numbers")


def main(weights: str, folder: str) -> None:
    checkpoint = read_checkpoint(room("mamba"), Path(weights))
    _, units = ask.load(checkpoint)
    inside = units.read(TEXT)
    lines = TEXT.count("\n")
    with style.theme():
        figure, rows = style.canvas(
            [0.2 * lines] * len(inside.gates) + [1.4], left=0.95, below=0.12
        )
        selected(rows[:-1], dict(inside.gates), list(inside.tokens))
        kept(rows[-1], checkpoint.config)
        style.keep(figure, Path(folder) / "mamba-delta.png")


if __name__ == "__main__":
    run_main(main)
