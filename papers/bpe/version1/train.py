"""Train version 1: `python -m papers.bpe.version1.train`."""

from common.run.launch import main
from common.run.training import fit
from papers.bpe.task import Exam, TrainingLoss, numbers
from papers.bpe.version1 import model


def train(run):
    """A step is a merge. The seed draws the lines that are counted; the rest is arithmetic."""
    config, exam = run.config, Exam(run.data)
    text = exam.counted(run.seed, config.share)
    learner = model.Learner(text)
    loss = TrainingLoss({tuple(w.split()): n for w, n in learner.vocabulary.items()}, text)

    def step(i):
        if found := learner.step():
            (left, right), times = found
            loss.after(left, right, left + right, times)
        return loss.value()

    def segmenter():
        return model.Segmenter(learner.alphabet, learner.merges)

    return fit(
        run,
        steps=config.merges,
        tokens_per_step=loss.bytes_per_step(config.merges),
        step=step,
        validate=lambda: exam.validate(segmenter()),
        finish=lambda: exam.finish(segmenter()),
        state=lambda: numbers(learner.alphabet, learner.merges, segmenter().ids),
        restore=lambda saved: [step(i) for i in range(len(saved["merges"]))],  # learned anew
    )


if __name__ == "__main__":
    main(__spec__.name)
