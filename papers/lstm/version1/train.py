"""Train version 1: `python -m papers.lstm.version1.train`."""

import numpy as np

from common.run.launch import main
from common.run.training import fit
from papers.lstm.task import Exam
from papers.lstm.version1 import model


def train(run):
    """One piece of text after the other, from the beginning to the end, and again."""
    config, exam = run.config, Exam(run.data, run.config.sequence, run.quick)
    learner = model.Learner(config, exam.symbols, np.random.default_rng(run.seed))
    return fit(
        run,
        steps=config.steps,
        tokens_per_step=config.sequence,
        step=lambda i: learner.step(exam.train, i) / config.sequence,
        validate=lambda: exam.validate(learner.predict),
        finish=lambda: finish(exam, learner, run.seed),
        state=learner.state,
        restore=learner.restore,
    )


def finish(exam, learner, seed):
    """The exam; and how far the cells have drifted, which nobody resets."""
    metrics, samples = exam.finish(learner.predict, seed)
    return {**metrics, "largest_state": float(abs(learner.memory.s).max())}, samples


if __name__ == "__main__":
    main(__spec__.name)
