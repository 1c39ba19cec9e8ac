"""Train version 1: `python -m papers.transformer.version1.train`."""

import numpy as np

from common.run.launch import main
from common.run.training import fit
from papers.transformer.task import Exam
from papers.transformer.version1 import model


def train(run):
    """Batch after batch; the last weights sit the exam."""
    config, exam = run.config, Exam(run.data)
    net = model.Transformer(config, exam.symbols, np.random.default_rng(run.seed))
    learner, batches = model.Learner(config, net), exam.batches(config.batch, run.seed)
    return fit(
        run,
        steps=config.steps,
        tokens_per_step=batches.tokens,
        step=lambda i: learner.step(*batches(i), i),
        validate=lambda: exam.validate(net),
        finish=lambda: exam.finish(net),
        state=learner.state,
        restore=learner.restore,
    )


if __name__ == "__main__":
    main(__spec__.name)
