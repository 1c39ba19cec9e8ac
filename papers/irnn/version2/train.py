"""Train version 2: `python -m papers.irnn.version2.train`."""

from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.irnn.task import Exam
from papers.irnn.version2 import model


def train(run):
    """Batches of images, pixel by pixel, in passes of a new order each."""
    config = run.config
    exam = Exam(run.data, run.seed, run.engine, config.permuted)
    net, masters = build(run, lambda: model.IRNN(config, len(exam.classes)))
    learner = model.Learner(config, net, masters, run.seed)
    return train_torch(
        run,
        net,
        masters,
        learner,
        tokens_per_step=config.batch,
        step=lambda i: learner.step(*exam.batch(i, config.batch), i),
        validate=lambda: exam.validate(net),
        finish=lambda: exam.finish(net),
    )


if __name__ == "__main__":
    main(__spec__.name)
