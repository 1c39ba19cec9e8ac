"""Train version 2: `python -m papers.transformer.version2.train`."""

import torch

from common.exams.translation import Evaluated
from common.run.launch import main
from common.run.parallel import spread
from common.run.training import fit
from papers.transformer.task import Exam
from papers.transformer.version2 import model


def train(run):
    """Batch after batch; the mean of the last checkpoints sits the exam."""
    config, exam, device = run.config, Exam(run.data), run.engine.device
    torch.manual_seed(run.seed)
    net = spread(model.Transformer(config, exam.symbols).to(device), "scores")
    learner, judged = model.Learner(config, net, run.seed), Evaluated(net)
    batches = exam.batches(config.batch, run.seed)
    return fit(
        run,
        steps=config.steps,
        tokens_per_step=batches.tokens,
        step=lambda i: learner.step(*(torch.as_tensor(a, device=device) for a in batches(i)), i),
        validate=lambda: exam.validate(judged),
        finish=lambda: exam.finish(judged, learner.average),
        state=learner.state,
        restore=learner.restore,
    )


if __name__ == "__main__":
    main(__spec__.name)
