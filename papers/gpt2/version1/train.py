"""Train version 1: `python -m papers.gpt2.version1.train`."""

import torch

from common.run.engine import Masters
from common.run.launch import main
from common.run.parallel import spread
from common.run.resume import pack, unpack
from common.run.training import fit
from papers.gpt2.task import Exam, predictor
from papers.gpt2.version1 import model


def train(run):
    """Windows from anywhere in the text, one batch after the other."""
    config, device = run.config, run.engine.device
    exam = Exam(run.data, config.context, lambda *text: model.vocabulary(*text, config))
    torch.manual_seed(run.seed)
    net = spread(model.GPT(config, exam.symbols).to(device, run.engine.dtype))
    masters = Masters(net.parameters())
    learner = model.Learner(config, net, masters, run.seed)
    tokens, predict = torch.as_tensor(exam.train, device=device), predictor(net)
    return fit(
        run,
        steps=config.steps,
        tokens_per_step=config.batch * config.context,
        step=lambda i: learner.step(tokens, i),
        validate=lambda: exam.validate(predict),
        finish=lambda: exam.finish(predict, run.seed),
        state=lambda: pack(net, learner.optimizer, masters, {}),
        restore=lambda saved: unpack(saved, net, learner.optimizer, masters, {}),
    )


if __name__ == "__main__":
    main(__spec__.name)
