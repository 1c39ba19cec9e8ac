"""One figure for the rooms that pre-train and then fine-tune: how many sentences of SST-2 they
judge rightly, over labels and over seconds of pre-training, beside rivals that never pre-trained.

`python -m papers.bert.evidence.pictures docs/pictures` reads the committed records and computes the
rivals: weights of words by tf-idf, and means of word vectors, which papers/word2vec learns of the
same Wikipedia; logistic regression judges both.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from statistics import fmean

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from common.config import plan
from common.evidence.verdicts import primary_hardware
from common.exams.bag_of_words import mean_error
from common.exams.sentiment import known, labelled
from common.exams.vectors import learned_words, read_corpus
from common.paper import find_root, room
from common.records.record import Record, read_records
from common.reports import style
from common.reports.drawing import run_main
from papers.bert import PAPER
from papers.word2vec.version2 import model

ROOMS = ("gpt1", "bert", "roberta", "albert", "electra")
METRICS = {100: "error_100", 1_000: "error_1000", None: "error"}  # by number of labels
SEEDS = range(4)  # that draw the labels which the rivals learn from
FILE = "sst2-labels.svg"


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


def draw() -> bytes:
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


def main(folder: str) -> None:
    path = find_root() / folder / FILE
    path.write_bytes(draw())
    print(Path(folder) / FILE)


if __name__ == "__main__":
    run_main(main)
