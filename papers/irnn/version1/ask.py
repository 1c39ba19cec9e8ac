"""Digits from version 1: `papers classify irnn image.png --version version1`."""

from common.ask.abilities import Classifier
from papers.irnn.ask import drawn
from papers.irnn.task import Exam
from papers.irnn.version1 import model


def load(checkpoint) -> Classifier:
    """The trained weights as a Classifier of pictures."""
    exam, h = Exam(checkpoint.data, 0), checkpoint.config.hidden
    c = len(exam.classes)
    shapes = {"w_xh": (h,), "w_hh": (h, h), "b_h": (h,), "w_hy": (h, c), "b_y": (c,)}
    weights = {name: w.numpy() for name, w in checkpoint.tensors(shapes).items()}

    def classify(picture):
        pixels = exam.pixels(drawn(picture, exam.side)).double().numpy()
        return model.softmax(model.forward(weights, pixels)[1])[0]

    return Classifier(exam.classes, classify, reads="image")
