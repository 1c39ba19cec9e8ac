"""Train version 2: `python -m papers.glove.version2.train`."""

from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.glove.task import Exam
from papers.glove.version2 import model


def train(run):
    """Count once, then one block of the table after the other."""
    config, exam = run.config, Exam(run.data, run.more_data["tests"], run.config.least, run.quick)
    corpus, words = exam.corpus, len(exam.corpus.words)
    x = model.count(corpus.tokens, corpus.starts, words, config.window)
    net, masters = build(run, lambda: model.GloVe(config, words))
    learner = model.Learner(config, net, masters, x, run.seed)
    return train_torch(
        run,
        net,
        masters,
        learner,
        tokens_per_step=max(1, int((x > 0).sum()) // config.groups**2),
        step=learner.step,
        validate=lambda: exam.validate(model.vectors(net)),
        finish=lambda: exam.finish(model.vectors(net)),
    )


if __name__ == "__main__":
    main(__spec__.name)
