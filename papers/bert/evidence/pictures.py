"""What a trained version 2 puts into gaps; and one figure for the rooms that pre-train and then
fine-tune: how many sentences of SST-2 they judge rightly, over labels and over seconds of
pre-training, beside rivals that never pre-trained.

`python -m papers.bert.evidence.pictures WEIGHTS docs/pictures` takes the folder with the weights of
a version 2, as a training leaves it, also of another size. For the second figure it reads the
committed records and computes the rivals: weights of words by tf-idf, and means of word vectors,
which papers/word2vec learns of the same Wikipedia; logistic regression judges both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import numpy as np
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from common.ask.checkpoint import read_checkpoint
from common.config import plan
from common.evidence.verdicts import primary_hardware
from common.exams.bag_of_words import mean_error
from common.exams.sentiment import known, labelled
from common.exams.vectors import learned_words, read_corpus
from common.paper import room
from common.records.record import Record, read_records
from common.reports import style
from common.reports.drawing import run_main
from papers.bert import PAPER
from papers.bert.task import Exam
from papers.bert.version2 import ask
from papers.word2vec.version2 import model

ROOMS = ("gpt1", "bert", "roberta", "albert", "electra")
METRICS = {100: "error_100", 1_000: "error_1000", None: "error"}  # by number of labels
SEEDS = range(4)  # that draw the labels which the rivals learn from
JUDGED, FILLED = "sst2-labels.svg", "bert-gaps.svg"
GAPS = (
    "this is a [MASK] film",
    "one of the [MASK] films",
    "a film that is [MASK] and funny",
    "i did not [MASK] it",
)
BEST = 6  # words that are shown for a gap


def newest(name: str) -> Record:
    """The newest version on the hardware that has most of the room's records."""
    home = room(name)
    records = read_records(home.folder)
    place = primary_hardware(records)
    (found,) = (r for r in records if (r.hardware.name, r.variant) == (place, home.paper.newest))
    return found


def right(record: Record, metric: str) -> float:
    """Percent of the test sentences that are judged rightly, the mean over seeds."""
    return 100 - fmean(seed.metrics[metric] for seed in record.seeds)


def reading(record: Record) -> float:
    """Seconds of pre-training, the mean over seeds."""
    return fmean(seed.curves[0].seconds[-1] for seed in record.seeds)


# -- rivals ------------------------------------------------------------------------------------


def by_words() -> list[float]:
    """Percent right of weights of words and of pairs of words."""
    return [100 - mean_error(PAPER.dataset, count, SEEDS) for count in METRICS]


def by_vectors() -> list[float]:
    """Percent right of means of word vectors."""
    parts, _ = labelled(PAPER.dataset)
    vectors = word_vectors()
    means = {name: mean_vectors(vectors, [t for t, _ in part]) for name, part in parts.items()}
    labels = {name: np.array([y for _, y in part]) for name, part in parts.items()}

    def score(count: int | None, seed: int) -> float:
        rows = known(labels["train"].tolist(), count, seed)
        judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1_000))
        judge.fit(means["train"][rows], labels["train"][rows])
        return 100 * judge.score(means["test"], labels["test"])

    return [fmean(score(count, seed) for seed in SEEDS) for count in METRICS]


def word_vectors() -> dict[str, np.ndarray]:
    """Those of the newest version of papers/word2vec, with its seed 0."""
    home = room("word2vec")
    config = plan(home, home.paper.newest).config
    assert isinstance(config, model.Config)
    learner = model.Learner(config, read_corpus(home.paper.dataset), seed=0)
    for i in range(config.steps):
        learner.step(i)
    return dict(zip(learned_words(home.paper.dataset, len(learner.vectors)), learner.vectors))


def mean_vectors(vectors: dict[str, np.ndarray], texts: list[str]) -> np.ndarray:
    """(N, D): of each text the mean over words that have a vector, zero where none has."""
    none = np.zeros_like(next(iter(vectors.values())))
    found = ([vectors[word] for word in text.split() if word in vectors] for text in texts)
    return np.stack([np.mean(those or [none], axis=0) for those in found])


# -- drawing -----------------------------------------------------------------------------------


def lines() -> Iterator[tuple[str, list[float], float | None]]:
    """Name, percent right by number of labels, and seconds of pre-training."""
    for name in ROOMS:
        record = newest(name)
        yield name, [right(record, metric) for metric in METRICS.values()], reading(record)
    yield "words, tf-idf", by_words(), None
    yield "means of word vectors", by_vectors(), None


def judged() -> bytes:
    with style.theme():
        figure, (labels, seconds) = style.canvas([2.6], columns=2, gap=0.75, legend=4)
        for (name, values, took), colour in zip(lines(), style.PALETTE):
            rival = took is None
            labels.plot(range(3), values, "s--" if rival else "o-", c=colour, label=name)
            if rival:
                seconds.axhline(values[-1], ls="--", c=colour)
            else:
                seconds.plot(took, values[-1], "o", c=colour)
        style.finish(labels, "Accuracy over labels", "labelled sentences", "% right (test)")
        labels.set_xticks(range(3), ["100", "1,000", "6,920"])
        style.finish(seconds, "With all labels", "seconds of pre-training", "% right (test)")
        seconds.set_xlim(left=0)
        handles, names = labels.get_legend_handles_labels()
        figure.legend(handles, names, loc="lower left", ncols=2, fontsize=9)
        return style.svg(figure)


def filled(weights: Path) -> Figure:
    """For each gap the words that the network finds likeliest; grey is how often each stands in the
    reviews that it read, which is what it would answer if it looked at nothing."""
    checkpoint = read_checkpoint(room("bert"), weights)
    filler, _ = ask.load(checkpoint)
    frequent = shares(Exam.of(checkpoint))
    figure, panels = style.canvas([1.35, 1.35], columns=2, left=1.0, gap=1.15, legend=1)
    for axes, text in zip(panels, GAPS):
        (gap,) = filler.fill(text)
        words, values = zip(*sorted(gap, key=lambda each: -each[1])[:BEST])
        axes.barh(range(BEST), [100 * v for v in values], color=style.PALETTE[0], label="BERT")
        alone = [100 * frequent[word] for word in words]
        axes.barh(range(BEST), alone, 0.3, color=style.FAINT, label="its share of the reviews")
        axes.set_yticks(range(BEST), words)
        axes.invert_yaxis()
        axes.grid(visible=False, axis="y")
        style.finish(axes, text, x="probability, %")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="lower left", ncols=2, fontsize=9)
    return figure


def shares(exam: Exam) -> dict[str, float]:
    """Of all pieces of the reviews that are read, the part that each is."""
    counts = Counter(i for sentence in exam.sentences["train"] for i in sentence)
    return {piece: counts[i] / counts.total() for i, piece in enumerate(exam.pieces)}


def main(weights: str, folder: str) -> None:
    with style.theme():
        style.keep(filled(Path(weights)), Path(folder) / FILLED)
    path = Path(folder) / JUDGED
    path.write_bytes(judged())
    print(path)


if __name__ == "__main__":
    run_main(main)
