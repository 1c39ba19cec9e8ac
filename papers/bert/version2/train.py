"""Train version 2: `python -m papers.bert.version2.train`."""

from common.run.engine import Masters
from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.bert.task import SMALL, Exam
from papers.bert.version2 import model


def train(run):
    """Pre-training, then fine-tuning with all labels; with fewer in `finish`, from the same start."""
    config, make = run.config, lambda: model.BERT(run.config, exam.symbols)
    pretrain = run.more_data["pretrain"]
    exam = Exam(run.data, pretrain, config, run.seed, run.engine.device, run.quick)
    net, masters = build(run, make)
    learner = model.Learner(config, net, masters, run.seed, exam.pieces)
    size, held_out = config.batch, [exam.joined(each) for each in exam.held_out()]
    train_torch(
        run, net, masters, learner, phase="pretrain", tokens_per_step=exam.tokens_read(size),
        step=lambda i: learner.pretrain(exam.joined(exam.reading(i, size)), i),
        validate=lambda: learner.held_out(held_out),
    )  # fmt: skip
    further = {"hidden_nats": learner.held_out(held_out)}
    start = {name: weight.clone() for name, weight in net.state_dict().items()}

    def tuned(labels, steps):
        few = make().to(run.engine.device, run.engine.dtype)
        few.load_state_dict(start)
        learner = model.Learner(config, few, Masters(few.parameters()), run.seed, tuning=steps)
        for i in range(steps):
            learner.tune(*exam.labelled_rows(i, config.tune_batch, labels), i)
        return exam.judge(few)

    size, steps, judge = config.tune_batch, config.finetune_steps, exam.judge(net)
    learner = model.Learner(config, net, masters, run.seed, tuning=steps)
    return train_torch(
        run, net, masters, learner, phase="finetune", tokens_per_step=exam.tokens_read(size),
        step=lambda i: learner.tune(*exam.labelled_rows(i, size), i),
        validate=lambda: exam.validate(judge),
        finish=lambda: exam.finish({None: judge, **{n: tuned(n, int(p * steps)) for n, p in SMALL.items()}}, further),
    )  # fmt: skip


if __name__ == "__main__":
    main(__spec__.name)
