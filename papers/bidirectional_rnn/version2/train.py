"""Train version 2: `python -m papers.bidirectional_rnn.version2.train`."""

from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.bidirectional_rnn.task import Exam
from papers.bidirectional_rnn.version2 import model


def train(run):
    """Padded batches of sentences, and how long each sentence is."""
    config, exam = run.config, Exam(run.data, run.seed, run.engine.device)
    net, masters = build(run, lambda: model.BRNN(config, exam.symbols))
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
