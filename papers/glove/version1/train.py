"""Train version 1: `python -m papers.glove.version1.train`."""

import numpy as np

from common.run.launch import main
from common.run.training import fit
from papers.glove.task import Exam
from papers.glove.version1 import model


def train(run):
    """Count once, then one diagonal of the table after the other."""
    config, exam = run.config, Exam(run.data, run.more_data["tests"], run.config.least, run.quick)
    x, words = model.count(exam.corpus.lines(), config.window), len(exam.corpus.words)
    glove = model.GloVe(config, x, words, np.random.default_rng(run.seed))
    return fit(
        run,
        steps=config.steps,
        tokens_per_step=max(1, len(x) // words),
        step=glove.step,
        validate=lambda: exam.validate(glove.vectors()),
        finish=lambda: exam.finish(glove.vectors()),
        state=glove.state,
        restore=glove.restore,
    )


if __name__ == "__main__":
    main(__spec__.name)
