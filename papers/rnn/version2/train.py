"""Train version 2: `python -m papers.rnn.version2.train`."""

import torch

from common.run.engine import Masters
from common.run.launch import main
from common.run.parallel import spread
from common.run.resume import pack, unpack
from common.run.training import fit
from papers.rnn.task import Exam, predictor
from papers.rnn.version2 import model


def train(run):
    """Many streams of text side by side, each read on from where the last chunk ended."""
    config, engine = run.config, run.engine
    exam = Exam(run.data, config.batch * (config.sequence + 1))
    torch.manual_seed(run.seed)
    net = spread(model.RNN(config, exam.symbols).to(engine.device, engine.dtype))
    masters = Masters(net.parameters())
    learner = model.Learner(config, net, masters)
    rows = model.streams(torch.as_tensor(exam.train, device=engine.device), config.batch)
    predict = predictor(net)
    return fit(
        run,
        steps=config.steps,
        tokens_per_step=config.batch * config.sequence,
        step=lambda i: learner.step(rows, i),
        validate=lambda: exam.validate(predict),
        finish=lambda: exam.finish(predict, run.seed),
        state=lambda: pack(net, learner.optimizer, masters, learner.carried),
        restore=lambda saved: unpack(saved, net, learner.optimizer, masters, learner.carried),
    )


if __name__ == "__main__":
    main(__spec__.name)
