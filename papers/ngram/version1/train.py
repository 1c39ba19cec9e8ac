"""Train version 1: `python -m papers.ngram.version1.train`."""

import numpy as np

from common.run.launch import main
from common.run.training import fit
from papers.ngram.task import Exam, prequential
from papers.ngram.version1 import model


def train(run):
    """A step predicts the next part of the drawn lines, then counts it."""
    config, exam = run.config, Exam(run.data, run.quick)
    drawn = exam.draw(run.seed, config.share)
    parts = np.array_split(drawn, config.steps)
    net, read = model.Model(config.order, config.discount, exam.symbols), 0

    def count(lines):
        nonlocal read
        net.count(exam.part(lines))
        read += len(lines)

    def step(i):
        before = prequential(exam, net, exam.part(parts[i]))
        return count(parts[i]) or before

    return fit(
        run,
        steps=config.steps,
        tokens_per_step=max(1, len(exam.part(drawn)) // config.steps),
        step=step,
        validate=lambda: exam.validate(net),
        finish=lambda: exam.finish(net, run.seed),
        state=lambda: {"counted": exam.mask(drawn[:read]), "ngrams": net.lengths()},
        restore=lambda saved: count(drawn[: int(saved["counted"].sum())]),  # anew
    )


if __name__ == "__main__":
    main(__spec__.name)
