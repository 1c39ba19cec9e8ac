"""Train version 1: `python -m papers.llama.version1.train`."""

from common.exams.text import predictor
from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.llama.task import Exam
from papers.llama.version1 import model


def train(run):
    """Windows of the text, from anywhere, one batch after the other."""
    config = run.config
    exam = Exam(run.data, config, model.vocabulary, run.quick)
    net, masters = build(run, lambda: model.Llama(config, exam.symbols))
    learner, predict = model.Learner(config, net, masters, run.seed), predictor(net, net.read)
    unbounded = predictor(net, lambda tokens, _: (net(tokens), None))
    tokens = exam.train_on(run.engine.device)
    return train_torch(
        run,
        net,
        masters,
        learner,
        tokens_per_step=config.batch * config.context,
        step=lambda i: learner.step(tokens, i),
        validate=lambda: exam.validate(predict),
        finish=lambda: exam.finish(predict, run.seed, unbounded),
    )


if __name__ == "__main__":
    main(__spec__.name)
