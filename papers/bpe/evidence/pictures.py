"""A picture of a sentence as merges are learned: from letters to words.

`python -m papers.bpe.evidence.pictures docs/pictures` learns merges with version 2 on the training
split, and cuts one sentence with the first few of them, and with more.
"""

from __future__ import annotations

from pathlib import Path

from matplotlib.colors import ListedColormap

from common.data.text import load_text, split
from common.reports import coloured, style
from common.reports.drawing import run_main
from papers.bpe import PAPER
from papers.bpe.version2 import model

SENTENCE = "Our revels now are ended. These our actors, as I foretold you, were"
MERGES = (0, 10, 50, 200, 500, 1_000, 4_000)
TURNS = ListedColormap(["#cfe3f5", "#ffdfb0"])  # tokens take turns


def learned() -> list[tuple[int, int]]:
    """The merges in the order in which they were learned."""
    trainer = model.Trainer(model.count([split(load_text(PAPER.dataset)).train]))
    return [trainer.step()[:2] for _ in range(MERGES[-1])]


def main(folder: str) -> None:
    merges = learned()
    with style.theme():
        figure, rows = style.canvas([0.22] * len(MERGES), left=0.1, below=0.0)
        for axes, count in zip(rows, MERGES):
            tokenizer = model.Tokenizer.trained(merges[:count])
            tokens = [tokenizer.decode([i]) for i in tokenizer.encode(SENTENCE)]
            turns = [i % 2 for i in range(len(tokens))]
            coloured.text(axes, tokens, turns, len(SENTENCE), 10, cmap=TURNS, vmin=0, vmax=1)
            axes.set_title(f"{count:,} merges: {len(tokens)} tokens", fontsize=9)
        style.keep(figure, Path(folder) / "bpe-merges.png")


if __name__ == "__main__":
    run_main(main)
