"""Train version 2: `python -m papers.adam.version2.train`."""

from common.run.engine import Masters
from common.run.launch import main
from common.run.parallel import spread
from common.run.resume import pack, unpack
from common.run.training import fit
from papers.adam.task import Exam, loss
from papers.adam.version2 import model


def train(run):
    """The exam's network by AdamW."""
    config, exam = run.config, Exam(run.data, run.seed, run.engine)
    net = spread(exam.network())
    masters = Masters(net.parameters())
    learner = model.Learner(config, net, masters, loss)
    return fit(
        run,
        steps=config.steps,
        tokens_per_step=config.batch,
        step=lambda i: learner.step(i, *exam.batch(i, config.batch)),
        validate=lambda: exam.validate(net),
        finish=lambda: exam.finish(net),
        state=lambda: pack(net, learner.optimizer, masters, {}),
        restore=lambda saved: unpack(saved, net, learner.optimizer, masters, {}),
    )


if __name__ == "__main__":
    main(__spec__.name)
