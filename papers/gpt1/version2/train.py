"""Train version 2: `python -m papers.gpt1.version2.train`."""

from common.exams.sentiment import LABELS, evaluated
from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.gpt1.task import Exam
from papers.gpt1.version2 import learning, model


def train(run):
    """Text first, then sentences with labels: all of them, and from the same start a few."""
    config, more = run.config, {"seed": run.seed, "device": run.engine.device, "quick": run.quick}
    exam = Exam(run.data, run.more_data["pretrain"], config, model.reading, **more)
    net, masters = build(run, lambda: model.GPT1(config, exam.symbols), method="transform")
    reader = learning.Pretraining(config, net, masters, run.seed)
    held_out = evaluated(net, lambda: exam.held_out_nats(reader.loss))
    train_torch(
        run, net, masters, reader, phase="pretrain",
        tokens_per_step=config.batch * config.context,
        step=lambda i: reader.step(exam.reading(i, config.batch), i), validate=held_out,
    )  # fmt: skip
    found = {"pretrain_nats": held_out()}
    weights = [master.detach().clone() for master in masters.masters]
    learner = learning.Tuning(config, net, masters, run.seed)

    def finish():
        nets = {n: net if n is None else learning.tuned(net, weights, exam, n) for n in LABELS}
        return exam.finish({n: evaluated(each, each.classify) for n, each in nets.items()}, found)

    return train_torch(
        run, net, masters, learner, phase="finetune", tokens_per_step=config.tuning_batch,
        step=lambda i: learner.step(*exam.batch(i, config.tuning_batch), i),
        validate=lambda: exam.validate(evaluated(net, net.classify)), finish=finish,
    )  # fmt: skip


if __name__ == "__main__":
    main(__spec__.name)
