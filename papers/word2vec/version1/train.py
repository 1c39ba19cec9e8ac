"""Train version 1: `python -m papers.word2vec.version1.train`."""

from common.run.launch import main
from common.run.training import fit
from papers.word2vec.task import Exam
from papers.word2vec.version1 import model


def train(run):
    """Some words after the other, from a place that the seed draws."""
    config, exam = run.config, Exam(run.data, run.quick)
    learner = model.Learner(config, exam.corpus.tokens, len(exam.corpus.words), run.seed)
    return fit(
        run,
        steps=config.steps,
        tokens_per_step=config.batch,
        step=learner.step,
        validate=lambda: exam.validate(learner.vectors),
        finish=lambda: exam.finish(learner.vectors),
        state=learner.state,
        restore=learner.restore,
    )


if __name__ == "__main__":
    main(__spec__.name)
