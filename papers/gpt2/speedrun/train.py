"""Train the speedrun: `python -m papers.gpt2.speedrun.train`."""

import torch

from common.exams.text import predictor
from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.gpt2.speedrun import model
from papers.gpt2.task import Exam


def train(run):
    """Windows of the text, each once in a pass, one batch after the other; float32 weights."""
    config = run.config
    exam = Exam(run.data, config, quick=run.quick)
    net, masters = build(run, lambda: model.Speedrun(config, exam.symbols), torch.float32)
    learner, predict = model.Learner(config, net, run.seed), predictor(net, net.read)
    tokens = exam.train_on(run.engine.device)
    return train_torch(
        run,
        net,
        masters,
        learner,
        tokens_per_step=config.batch * config.context,
        step=lambda i: learner.step(tokens, i),
        validate=lambda: exam.validate(predict),
        finish=lambda: exam.finish(predict, run.seed),
    )


if __name__ == "__main__":
    main(__spec__.name)
