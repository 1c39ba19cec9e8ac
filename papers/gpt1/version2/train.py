"""Train version 2: `python -m papers.gpt1.version2.train`."""

from common.exams.sentiment import evaluated
from common.run.launch import main
from common.run.torch_training import build, train_torch
from common.run.tuning import headed
from papers.gpt1.task import Exam, judges, tuned
from papers.gpt1.version2 import model


def train(run):
    """Text first, then sentences with labels: all of them, and from the same start a few."""
    config, more = run.config, {"seed": run.seed, "device": run.engine.device, "quick": run.quick}
    exam = Exam(run.data, run.more_data["pretrain"], config, model.document, **more)
    net, masters = build(run, lambda: model.GPT1(config, exam.symbols), method="losses")
    reader = model.Learner(config, net, masters, run.seed)
    held_out = evaluated(net, lambda: exam.held_out_nats(reader.loss))
    train_torch(
        run, net, masters, reader, phase="pretrain",
        tokens_per_step=config.batch * config.context,
        step=lambda i: reader.read(exam.reading(i, config.batch), i), validate=held_out,
    )  # fmt: skip
    found = {"pretrain_nats": held_out()}
    net, masters, again = headed(run, net, masters, exam, method="losses")

    def begin(count):  # once more from the pre-trained weights, with so many labels
        net, own = again()
        return tuned(net, own.masters, exam, lambda *x: model.Learner(config, *x, run.seed, count))

    learner = model.Learner(config, net, masters, run.seed)
    return train_torch(
        run, net, masters, learner, phase="finetune", tokens_per_step=config.tuning_batch,
        step=lambda i: learner.judge(*exam.batch(i, config.tuning_batch), i),
        validate=lambda: exam.validate(evaluated(net, net.classify)),
        finish=lambda: exam.finish(judges(exam, net, begin), found),
    )  # fmt: skip


if __name__ == "__main__":
    main(__spec__.name)
