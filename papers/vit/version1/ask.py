"""Classes of pictures from version 1: `papers classify vit image.png --version version1`."""

from common.ask.abilities import Classifier
from papers.vit.ask import classifier
from papers.vit.task import Exam
from papers.vit.version1 import model


def load(checkpoint) -> Classifier:
    """The trained weights as a Classifier of pictures; `papers attend` draws where it looks."""
    exam = Exam(checkpoint.data, 0)
    net = checkpoint.fill(lambda: model.ViT(checkpoint.config, len(exam.classes)), "model.")
    return classifier(exam, net)
