"""Train version 1: `python -m papers.irnn.version1.train`."""

import numpy as np
import torch

from common.run.launch import main
from common.run.training import fit
from papers.irnn.task import Exam
from papers.irnn.version1 import model


def train(run):
    """Batches of images, pixel by pixel, in passes of a new order each."""
    config, exam = run.config, Exam(run.data, run.seed)
    learner = model.Learner(config, len(exam.classes), np.random.default_rng(run.seed))

    def step(i):
        pixels, labels = exam.batch(i, config.batch)
        return learner.step(pixels.double().numpy(), labels.numpy())

    def net(pixels):
        return torch.from_numpy(learner.scores(pixels.double().numpy()))

    return fit(
        run,
        steps=config.steps,
        tokens_per_step=config.batch,
        step=step,
        validate=lambda: exam.validate(net),
        finish=lambda: exam.finish(net),
        state=learner.state,
        restore=learner.restore,
    )


if __name__ == "__main__":
    main(__spec__.name)
