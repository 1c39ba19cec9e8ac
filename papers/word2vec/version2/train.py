"""Train version 2: `python -m papers.word2vec.version2.train`."""

from common.run.compiled import compiled
from common.run.launch import main
from common.run.training import fit
from papers.word2vec.task import Exam
from papers.word2vec.version2 import kernel, model


def train(run):
    """Part after part of the text, from the beginning to the end, several times."""
    config, exam = run.config, Exam(run.data, run.quick)
    built = compiled(kernel.CPP, *kernel.FLAGS)
    model.FUSED = built and kernel.learn(built)
    learner = model.Learner(config, exam.corpus, run.seed)
    return fit(
        run,
        steps=config.steps,
        tokens_per_step=len(learner.tokens) * config.epochs // config.steps,
        step=learner.step,
        validate=lambda: exam.validate(learner.vectors),
        finish=lambda: exam.finish(learner.vectors),
        state=learner.state,
        restore=learner.restore,
    )


if __name__ == "__main__":
    main(__spec__.name)
