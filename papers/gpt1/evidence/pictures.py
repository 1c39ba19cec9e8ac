"""A picture of the fine-tuned model at work: what it answers after each word of a sentence.

`python -m papers.gpt1.evidence.pictures WEIGHTS docs/pictures` takes the folder with the weights of
a version 2, as a training leaves it.
"""

from __future__ import annotations

from pathlib import Path

from common.ask.checkpoint import read_checkpoint
from common.paper import room
from common.reports import coloured, style
from common.reports.drawing import run_main
from papers.gpt1.version2 import ask

SENTENCES = (
    "a funny , charming and moving film",
    "it starts as a funny and charming film but ends as a dull , tired mess",
    "a dull and tired story , yet the performances are wonderful",
    "there is nothing funny about this mess",
)
COLUMNS, LETTER = 72, 10


def main(weights: str, folder: str) -> None:
    classifier, _ = ask.load(read_checkpoint(room("gpt1"), Path(weights)))
    good = list(classifier.labels).index("for")
    with style.theme():
        figure, panels = style.canvas([0.24] * len(SENTENCES), left=0.15, below=-0.3)
        for axes, sentence in zip(panels, SENTENCES):
            words = sentence.split()
            read = [" ".join(words[:end]) for end in range(1, len(words) + 1)]
            values = [classifier.classify(text)[good] for text in read]
            shown = [f"{word} " for word in words]
            coloured.text(axes, shown, values, COLUMNS, LETTER, cmap=coloured.BOTH, vmin=0, vmax=1)
        panels[0].set_title("What is answered if the sentence ends with this word", size=10)
        shape = {"orientation": "horizontal", "shrink": 0.5, "aspect": 40, "pad": 0.08}
        bar = figure.colorbar(panels[0].images[0], ax=panels, **shape)
        bar.set_label("probability that the sentence speaks for the film")
        style.keep(figure, Path(folder) / "gpt1-answers.png")


if __name__ == "__main__":
    run_main(main)
