# Decide here: what does one step read, and what goes on from step to step?
"""Train version 1: `python -m papers.irnn.version1.train`."""

from common.run.launch import main
from common.run.parallel import spread
from common.run.training import fit
from papers.irnn.task import Exam, loss
from papers.irnn.version1 import model


def train(run):
    """The exam's network by Algorithm 1."""
    config, exam = run.config, Exam(run.data, run.seed, run.engine)
    learner = model.Learner(config, spread(exam.network()), loss)
    return fit(
        run,
        steps=config.steps,
        tokens_per_step=config.batch,
        step=lambda i: learner.step(*exam.batch(i, config.batch)),
        validate=lambda: exam.validate(learner.net),
        finish=lambda: exam.finish(learner.net),
        state=learner.state,
        restore=learner.restore,
    )


if __name__ == "__main__":
    main(__spec__.name)
