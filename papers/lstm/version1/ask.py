"""Text from version 1: `papers generate lstm --version version1`."""

from common.ask.text import text_writer
from papers.lstm.task import Exam
from papers.lstm.version1 import model


def load(checkpoint):
    """The trained weights as a Writer."""
    exam, config = Exam(checkpoint.data), checkpoint.config
    v, c = exam.symbols, config.blocks * config.size
    u = c + 2 * config.blocks
    found = checkpoint.tensors({"w": (u, v + u + 1), "w_y": (v, c + 1)})
    weights = {name: w.numpy() for name, w in found.items()}
    return text_writer(exam, lambda tokens, state: model.predict(weights, tokens, state))
