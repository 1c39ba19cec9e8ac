"""Train version 1: `python -m papers.vit.version1.train`."""

from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.vit.task import Exam
from papers.vit.version1 import model


def train(run):
    """Batches of images, each once in a pass."""
    config = run.config
    exam = Exam(run.data, run.seed, run.engine, config.images, run.quick)
    exam.check(config)
    net, masters = build(run, lambda: model.ViT(config, len(exam.classes)))
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
