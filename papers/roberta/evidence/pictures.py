"""A picture of masks drawn once and of masks drawn anew at each reading (Sec. 4.1).

`python -m papers.roberta.evidence.pictures docs/pictures` draws them with version 2's own rule, for
a sentence whose words stand for tokens. It needs no training.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from common.reports import style
from common.reports.drawing import run_main
from papers.roberta.task import SPECIAL
from papers.roberta.version2.model import Config, Hiding

SENTENCE = "a film that is so slow and so sad that one hardly sees how funny it is"
TOKENS = SENTENCE.split()
READINGS, SHOWN, SEED = 40, 10, 26
WAYS = ("Drawn once, BERT", "Drawn anew, RoBERTa")


def hidden() -> list[Tensor]:
    """For either way which words (T) are hidden at each reading: (READINGS, T)."""
    torch.manual_seed(SEED)
    tokens = len(SPECIAL) + torch.arange(len(TOKENS))
    hiding = Hiding(len(SPECIAL) + len(TOKENS), Config().share)
    once = hiding.choose(tokens[None]).expand(READINGS, -1)
    return [once, hiding.choose(tokens.expand(READINGS, -1))]


def readings(axes, chosen: Tensor, way: str) -> None:
    """The first readings as rows, hidden words dark."""
    axes.imshow(chosen[:SHOWN], cmap="Blues", vmin=0, vmax=1.3, aspect="auto")
    axes.set_xticks(range(len(TOKENS)), TOKENS, rotation=90, fontsize=8)
    axes.set_yticks(range(0, SHOWN, 3), range(1, SHOWN + 1, 3), fontsize=8)
    axes.grid(False)
    style.finish(axes, way, y="reading")


def asked(axes, ways: list[Tensor]) -> None:
    """How many words have been asked for by then."""
    for chosen, way, colour in zip(ways, WAYS, style.PALETTE):
        share = 100 * (chosen.cumsum(0) > 0).float().mean(1)
        axes.plot(range(1, READINGS + 1), share, c=colour, label=way)
    axes.set_ylim(0, 103)
    axes.legend(loc=(0.22, 0.3), fontsize=8)
    style.finish(axes, "Asked for at least once", "readings", "% of the words")


def main(folder: str) -> None:
    ways = hidden()
    with style.theme():
        figure, panels = style.canvas([1.9], columns=3, left=0.55, gap=0.6)
        for axes, chosen, way in zip(panels, ways, WAYS):
            readings(axes, chosen, way)
        asked(panels[-1], ways)
        style.keep(figure, Path(folder) / "roberta-masks.png")


if __name__ == "__main__":
    run_main(main)
