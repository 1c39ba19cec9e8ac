"""Train version 3: `python -m papers.mamba.version3.train`."""

from common.exams.text import predictor
from common.run.compiled import compiled
from common.run.launch import main
from common.run.torch_training import build, train_torch
from papers.mamba.task import Exam
from papers.mamba.version3 import kernel, model


def train(run):
    """Many streams of text side by side, each read on from where the last chunk ended."""
    config = run.config
    model.FUSED = compiled(kernel.CPP, *kernel.FLAGS, device=run.engine.device.type)
    exam = Exam(run.data, config.batch * (config.sequence + 1), run.quick)
    net, masters = build(run, lambda: model.Mamba(config, exam.symbols))
    learner, predict = model.Learner(config, net, masters, run.seed), predictor(net)
    tokens = exam.train_on(run.engine.device)
    return train_torch(
        run,
        net,
        masters,
        learner,
        tokens_per_step=config.batch * config.sequence,
        step=lambda i: learner.step(tokens, i),
        validate=lambda: exam.validate(predict),
        finish=lambda: exam.finish(predict, run.seed),
    )


if __name__ == "__main__":
    main(__spec__.name)
