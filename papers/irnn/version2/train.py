# Decide here: what does one step read, and what goes on from step to step?
"""Train version 2: `python -m papers.irnn.version2.train`."""

from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.irnn.task import Exam, loss
from papers.irnn.version2 import model


def train(run):
    """The exam's network by AdamW."""
    config, exam = run.config, Exam(run.data, run.seed, run.engine)
    net, masters = build(run, exam.network)
    learner = model.Learner(config, net, masters, loss)
    return train_torch(
        run,
        net,
        masters,
        learner,
        tokens_per_step=config.batch,
        step=lambda i: learner.step(i, *exam.batch(i, config.batch)),
        validate=lambda: exam.validate(net),
        finish=lambda: exam.finish(net),
    )


if __name__ == "__main__":
    main(__spec__.name)
