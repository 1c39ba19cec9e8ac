"""Train version 2: `python -m papers.gpt3.version2.train`."""

from common.exams.text import predictor
from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.gpt3.task import Exam
from papers.gpt3.version2 import model


def train(run):
    """Windows of the text and windows of tasks, one batch after the other."""
    config = run.config
    exam = Exam(run.data, config, run.quick)
    net, masters = build(run, lambda: model.GPT3(config, exam.symbols))
    learner, predict = model.Learner(config, net, masters, run.seed), predictor(net, net.read)
    size = sum(p.numel() for p in net.parameters())
    tokens = exam.train_on(run.engine.device)
    return train_torch(
        run,
        net,
        masters,
        learner,
        tokens_per_step=config.batch * config.context,
        step=lambda i: learner.step(tokens, exam.tasks(run.seed, i, tokens.device), i),
        validate=lambda: exam.validate(predict),
        finish=lambda: exam.finish(predict, run.seed, model.score, size),
    )


if __name__ == "__main__":
    main(__spec__.name)
