"""`papers classify gpt1 "a fine film"` and `papers generate gpt1 --prompt "the film"`."""

from common.ask.abilities import Classifier
from common.ask.writer import Writer
from common.exams.text import predictor
from papers.gpt1.ask import classifier, exam_of, writer
from papers.gpt1.version1 import model


def load(checkpoint) -> tuple[Classifier, Writer]:
    """The fine-tuned network: it still is a language model, of film reviews."""
    exam = exam_of(checkpoint)
    sizes = exam.symbols, len(exam.classes)
    net = checkpoint.fill(lambda: model.GPT(checkpoint.config, *sizes), "model.")
    return classifier(exam, net.classify), writer(exam, predictor(net, net.read))
