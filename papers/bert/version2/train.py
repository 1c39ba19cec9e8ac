"""Train version 2: `python -m papers.bert.version2.train`."""

from common.run.launch import main
from common.run.torch_training import build, train_torch
from common.run.tuning import headed
from papers.bert.task import Exam
from papers.bert.version2 import model


def train(run):
    """Stretches of text with other words hidden each time; then reviews and their labels."""
    config, data, engine = run.config, (run.data, run.more_data["pretrain"]), run.engine
    exam = Exam(*data, config, run.seed, engine.device, run.quick)
    net, masters = build(run, lambda: model.BERT(config, exam.symbols))
    learner = model.Learner(config, net, masters, run.seed, exam.pieces)
    size, few, held_out = config.batch, config.tune_batch, exam.held_out_rows()
    train_torch(
        run, net, masters, learner, phase="pretrain", tokens_per_step=exam.tokens_read(size),
        step=lambda i: learner.pretrain(exam.reading_rows(i, size), i),
        validate=lambda: learner.held_out(held_out),
    )  # fmt: skip
    further = {"hidden_nats": learner.held_out(held_out)}
    net, masters, again = headed(run, net, masters, exam)

    def begin(steps):  # once more from the pre-trained weights
        net, masters = again()
        return net, model.Learner(config, net, masters, run.seed, tuning=steps)

    tuner = model.Learner(config, net, masters, run.seed, tuning=config.finetune_steps)
    return train_torch(
        run, net, masters, tuner, phase="finetune", tokens_per_step=exam.tokens_read(few),
        step=lambda i: tuner.tune(*exam.labelled_rows(i, few), i),
        validate=lambda: exam.validate(exam.judge(net)),
        finish=lambda: exam.finish({None: exam.judge(net), **exam.tuned(begin)}, further),
    )  # fmt: skip


if __name__ == "__main__":
    main(__spec__.name)
