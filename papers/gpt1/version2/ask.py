"""`papers classify gpt1 "a fine film"` and `papers generate gpt1 --prompt "the film"`."""

from common.ask.abilities import Classifier
from common.ask.writer import Writer
from common.exams.text import predictor
from papers.gpt1.ask import classifier, writer
from papers.gpt1.task import Exam
from papers.gpt1.version2 import model


def load(checkpoint) -> tuple[Classifier, Writer]:
    """The fine-tuned network: it still is a language model, of film reviews."""
    config = checkpoint.config
    exam = Exam(checkpoint.data, checkpoint.more_data["pretrain"], config)
    net = checkpoint.fill(lambda: model.GPT1(config, exam.symbols), "model.")
    return classifier(exam, net.classify), writer(exam, predictor(net, net.read))
