"""Train version 2: `python -m papers.tfidf.version2.train`."""

from common.run.launch import main
from common.run.training import measure
from papers.tfidf.task import Exam
from papers.tfidf.version2 import model


def train(run):
    """Counting is all there is to learn. The seed says which paragraphs are taken out."""
    exam = Exam(run.data, run.seed, quick=run.quick)
    made = []

    def learn():
        made.append(model.Index(exam.texts, run.config))
        return sum(len(text.split()) for text in exam.texts)

    return measure(
        run,
        learn=learn,
        finish=lambda: exam.finish(made[0]),
        state=lambda: {"df": made[0].df},
    )


if __name__ == "__main__":
    main(__spec__.name)
