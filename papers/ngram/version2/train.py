"""Train version 2: `python -m papers.ngram.version2.train`."""

import numpy as np

from common.run.launch import main
from common.run.training import fit
from papers.ngram.task import Exam, prequential
from papers.ngram.version2 import model


def train(run):
    """A step predicts the next part of the drawn lines, then counts it with those before."""
    config, exam = run.config, Exam(run.data, run.quick)
    drawn = exam.draw(run.seed, config.share)
    ends = np.linspace(0, len(drawn), config.steps + 1).round().astype(int)
    text, symbols, read = exam.part(drawn), exam.symbols, 0
    begins = np.append(np.flatnonzero(text == model.START), len(text))  # of lines, in the text
    net = model.Model(text[:0], symbols, config)

    def step(i):
        nonlocal net, read
        loss = prequential(exam, net, text[begins[ends[i]] : begins[ends[i + 1]]])
        read = int(ends[i + 1])
        net = model.Model(text[: begins[read]], symbols, config)
        return loss

    return fit(
        run,
        steps=config.steps,
        tokens_per_step=max(1, len(text) // config.steps),
        step=step,
        validate=lambda: exam.validate(net),
        finish=lambda: exam.finish(net, run.seed),
        state=lambda: {"counted": exam.mask(drawn[:read]), "discounts": net.discounts},
        restore=lambda saved: step(int(np.searchsorted(ends[1:], float(saved["counted"].sum())))),
    )


if __name__ == "__main__":
    main(__spec__.name)
