"""Train version 1: `python -m papers.tfidf.version1.train`."""

import numpy as np

from common.run.launch import main
from common.run.training import measure
from papers.tfidf.task import Exam
from papers.tfidf.version1 import model


def train(run):
    """Counting is all there is to learn. The seed says which paragraphs are taken out."""
    exam = Exam(run.data, run.seed, quick=run.quick)
    made = []

    def learn():
        made.append(model.Index(exam.texts))
        return sum(len(text.split()) for text in exam.texts)

    return measure(
        run,
        learn=learn,
        finish=lambda: exam.finish(made[0]),
        state=lambda: {"idf": np.array(list(made[0].rarity.values()))},
    )


if __name__ == "__main__":
    main(__spec__.name)
