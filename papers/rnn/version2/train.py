"""Train version 2: `python -m papers.rnn.version2.train`."""

import torch

from common.engine import Masters
from common.launch import main
from common.resume import pack, unpack
from common.training import fit
from papers.rnn.task import Exam, predictor
from papers.rnn.version2 import model


def train(run):
    config, exam, engine = run.config, Exam(run.data), run.engine
    torch.manual_seed(run.seed)
    net = model.RNN(config, exam.symbols).to(engine.device, engine.dtype)
    masters = Masters(net.parameters())
    optimizer = model.optimizer(masters.masters, config)
    rows = model.streams(torch.as_tensor(exam.train, device=engine.device), config.batch)
    carried = {"h": torch.zeros(config.batch, config.hidden).to(net.b_h)}

    def step(i):
        inputs, targets, anew = model.chunk(rows, i, config.sequence)
        scores, carried["h"] = net(inputs, model.carry(carried["h"], anew))
        loss = model.loss(scores, targets)
        loss.backward()
        masters.take_gradients()
        model.clip_gradients(masters.masters, config.clip)
        for group in optimizer.param_groups:
            group["lr"] = model.learning_rate(i, config)
        optimizer.step()
        optimizer.zero_grad()
        masters.give_weights()
        return loss.detach()

    predict = predictor(net)
    return fit(run, steps=config.steps, tokens_per_step=config.batch * config.sequence, step=step,
               validate=lambda: exam.validate(predict),
               finish=lambda: exam.finish(predict, run.seed),
               state=lambda: pack(net, optimizer, masters, carried),
               restore=lambda saved: unpack(saved, net, optimizer, masters, carried))  # fmt: skip


if __name__ == "__main__":
    main(__spec__.name)
