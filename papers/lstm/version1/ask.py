# Decide here: what would a user ask of such a model? docs/what-a-room-calls.md has the kinds of
#   answers.
"""Text from version 1: `papers generate lstm --version version1`."""

from common.ask.text import text_writer
from papers.lstm.task import Exam
from papers.lstm.version1 import model


def load(checkpoint):
    """The trained weights as a Writer."""
    exam, h = Exam(checkpoint.data), checkpoint.config.hidden
    v = exam.symbols
    shapes = {"w_xh": (h, v), "w_hh": (h, h), "w_hy": (v, h), "b_h": (h,), "b_y": (v,)}
    weights = {name: w.numpy() for name, w in checkpoint.tensors(shapes).items()}
    return text_writer(exam, lambda tokens, state: model.predict(weights, tokens, state))
