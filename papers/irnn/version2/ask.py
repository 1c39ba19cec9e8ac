"""Digits from version 2: `papers classify irnn image.png`."""

import torch

from common.ask.abilities import Classifier
from papers.irnn.ask import drawn
from papers.irnn.task import Exam
from papers.irnn.version2 import model


def load(checkpoint) -> Classifier:
    """The trained network as a Classifier of pictures."""
    config = checkpoint.config
    exam = Exam(checkpoint.data, 0, permuted=config.permuted)
    net = checkpoint.fill(lambda: model.IRNN(config, len(exam.classes)), "model.")

    @torch.no_grad()
    def classify(picture):
        scores = net(exam.pixels(drawn(picture, exam.side)))
        return scores[0].softmax(0).tolist()

    return Classifier(exam.classes, classify, reads="image")
