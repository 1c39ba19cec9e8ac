"""Train version 1: `python -m papers.roberta.version1.train`."""

from common.run.launch import main
from common.run.torch_training import build, train_torch
from common.run.tuning import headed
from papers.roberta.task import Exam
from papers.roberta.version1 import model


def train(run):
    """Full sentences with other tokens hidden each time; then reviews and their labels."""
    config = run.config
    exam = Exam.of(run, model.spaced, model.full_sentences)
    net, masters = build(run, lambda: model.RoBERTa(config, exam.symbols))
    learner = model.Learner(config, net, masters, run.seed, exam.symbols)
    size, few, held_out = config.batch, config.tune_batch, exam.held_out()
    train_torch(
        run, net, masters, learner, phase="pretrain", tokens_per_step=size * config.context,
        step=lambda i: learner.pretrain(exam.reading(i, size), i),
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
