# Decide here: what does one step read, and what goes on from step to step?
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

    def finish():
        metrics, samples = exam.finish(learner.predict, run.seed)
        reported = learner.smooth / config.sequence / np.log(2)
        return {**metrics, "reported_bits": float(reported)}, samples

    return fit(
        run,
        steps=config.steps,
        tokens_per_step=config.sequence,
        step=lambda i: learner.step(exam.train, i) / config.sequence,
        validate=lambda: exam.validate(learner.predict),
        finish=finish,
        state=learner.state,
        restore=learner.restore,
    )


if __name__ == "__main__":
    main(__spec__.name)
