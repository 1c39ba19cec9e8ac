"""Train version 2: `python -m papers.bahdanau_attention.version2.train`."""

import torch

from common.exams.translation import Evaluated
from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.bahdanau_attention.task import Exam
from papers.bahdanau_attention.version2 import model


def train(run):
    """Batch after batch of pairs of like length."""
    config, exam, device = run.config, Exam(run.data), run.engine.device
    net, masters = build(run, lambda: model.Search(config, exam.symbols), method="scores")
    learner, judged = model.Learner(config, net, masters, run.seed), Evaluated(net)
    batches = exam.batches(config.batch, run.seed)
    return train_torch(
        run,
        net,
        masters,
        learner,
        tokens_per_step=batches.tokens,
        step=lambda i: learner.step(*(torch.as_tensor(a, device=device) for a in batches(i)), i),
        validate=lambda: exam.validate(judged),
        finish=lambda: exam.finish(judged),
    )


if __name__ == "__main__":
    main(__spec__.name)
