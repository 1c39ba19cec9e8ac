"""A picture of what a trained version 2 has learned: sentence states, as in the paper's Fig. 2.

`python -m papers.seq2seq.evidence.pictures WEIGHTS docs/pictures` takes the folder with its
weights, as a training leaves it, and lays the states of a few sentences flat by their two principal
components. Each panel has two meanings, said in three ways each, with the same words in another
order.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.decomposition import PCA

from common.ask.checkpoint import read_checkpoint
from common.exams.pairs import padded
from common.exams.translation import Evaluated
from common.paper import room
from common.reports.drawing import run_main
from common.reports.style import keep
from papers.seq2seq.task import Exam
from papers.seq2seq.version2 import model

WAYS = (  # {0} does something with {1}
    ("{0} chases {1} .", "on the beach {0} chases {1} .", "{1} is chased by {0} ."),
    ("{0} looks at {1} .", "in the park {0} looks at {1} .", "{1} is looked at by {0} ."),
)
WHO = (("a man", "a dog"), ("a woman", "a boy"))
WIDTH = 7.5  # inches
NEAR = 4.0  # components


def sentences(panel: int) -> list[list[str]]:
    """Of a panel: for each of the two meanings, its sentences."""
    one, other = WHO[panel]
    return [[way.format(*pair) for way in WAYS[panel]] for pair in ((one, other), (other, one))]


def states(exam: Exam, net, texts: list[str]) -> np.ndarray:
    """The state of each sentence as one row of numbers."""
    cache = Evaluated(net).start(padded([exam.tokens(text) for text in texts]))
    return cache["state"].flatten(1).numpy()


def state_map(exam: Exam, net):
    figure, panels = plt.subplots(1, len(WAYS), figsize=(WIDTH, 3.4))
    for panel, axes in enumerate(panels):
        groups = sentences(panel)
        places = PCA(2).fit_transform(states(exam, net, sum(groups, [])))
        for group, place in zip(groups, np.split(places, len(groups))):
            dots = axes.scatter(*place.T, s=18)
            for text, at in zip(group, place):
                left = at[0] > places[:, 0].mean()
                higher = places[:, 1] - at[1]
                crowded = ((higher > 0) & (higher < NEAR)).any()
                axes.annotate(
                    text.removesuffix(" ."),
                    at,
                    (-6 if left else 6, -10 if crowded else 5),
                    textcoords="offset points",
                    ha="right" if left else "left",
                    fontsize=7,
                    color=dots.get_facecolor()[0],
                )
        axes.set_title(f"{' and '.join(WHO[panel])}: who does it?", fontsize=9)
        axes.set_xlabel("first principal component", fontsize=8)
        axes.set_ylabel("second principal component", fontsize=8)
        axes.tick_params(labelsize=7)
        axes.margins(0.15)
    figure.tight_layout()
    return figure


def main(weights: str, folder: str) -> None:
    checkpoint = read_checkpoint(room("seq2seq"), Path(weights))
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.Seq2Seq(checkpoint.config, exam.symbols), "model.")
    keep(state_map(exam, net), Path(folder) / "seq2seq-states.png")


if __name__ == "__main__":
    run_main(main)
