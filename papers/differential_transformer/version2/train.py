"""Train version 2: `python -m papers.differential_transformer.version2.train`."""

from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.differential_transformer.task import LENGTH, Exam
from papers.differential_transformer.version2 import model


def train(run):
    """Stretches of text with needles in it, drawn anew in each step."""
    config = run.config
    exam = Exam(run.data, run.seed, run.engine.device, run.quick)
    net, masters = build(run, lambda: model.DiffTransformer(config, exam.symbols))
    learner = model.Learner(config, net, masters)
    return train_torch(
        run,
        net,
        masters,
        learner,
        tokens_per_step=config.batch * LENGTH,
        step=lambda i: learner.step(exam.batch(i, config.batch), i),
        validate=lambda: exam.validate(net),
        finish=lambda: exam.finish(net, net.look),
    )


if __name__ == "__main__":
    main(__spec__.name)
