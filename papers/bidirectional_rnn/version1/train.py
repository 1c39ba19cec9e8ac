"""Train version 1: `python -m papers.bidirectional_rnn.version1.train`."""

from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.bidirectional_rnn.task import Exam
from papers.bidirectional_rnn.version1 import model


def train(run):
    """Padded batches of sentences. The model takes no lengths."""
    config, exam = run.config, Exam(run.data, run.seed, run.engine.device)
    net, masters = build(run, lambda: model.BRNN(config, exam.symbols))
    learner = model.Learner(config, net, masters)

    def step(i):
        tokens, _, labels = exam.batch(i, config.batch)
        return learner.step(tokens, labels)

    def scores(tokens, lengths):
        return net(tokens)

    return train_torch(
        run,
        net,
        masters,
        learner,
        tokens_per_step=config.batch,
        step=step,
        validate=lambda: exam.validate(scores),
        finish=lambda: exam.finish(scores),
    )


if __name__ == "__main__":
    main(__spec__.name)
