"""Train version 2: `python -m papers.bpe.version2.train`."""

from common.run.launch import main
from common.run.training import fit
from papers.bpe.task import Exam, TrainingLoss, numbers
from papers.bpe.version2 import model


def train(run):
    """A step is a merge. The seed draws the lines that are counted; the rest is arithmetic."""
    config, exam = run.config, Exam(run.data)
    text = exam.counted(run.seed, config.share)
    words = model.count([text], config.pattern)
    trainer, loss = model.Trainer(words), TrainingLoss(words, text)
    merges = []

    def step(i):
        if merge := trainer.step():
            merges.append(merge[:2])
            loss.after(*map(chr, merge[:3]), merge.times)
        return loss.value()

    def tokenizer():
        return model.Tokenizer.trained(list(merges), pattern=config.pattern)

    return fit(
        run,
        steps=config.merges,
        tokens_per_step=loss.bytes_per_step(config.merges),
        step=step,
        validate=lambda: exam.validate(tokenizer()),
        finish=lambda: exam.finish(tokenizer()),
        state=lambda: numbers("", merges),
        restore=lambda saved: [step(i) for i in range(len(saved["merges"]))],  # learned anew
    )


if __name__ == "__main__":
    main(__spec__.name)
