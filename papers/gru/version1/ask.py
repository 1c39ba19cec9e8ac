"""Text from version 1: `papers generate gru --version version1`."""

from common.ask.text import text_writer
from papers.gru.task import Exam
from papers.gru.version1 import model


def load(checkpoint):
    """The trained weights as a Writer."""
    exam, h = Exam(checkpoint.data), checkpoint.config.hidden
    v = exam.symbols
    shapes = {f"w{gate}": (h, v) for gate in ("_r", "_z", "")}
    shapes |= {f"u{gate}": (h, h) for gate in ("_r", "_z", "")} | {"w_y": (v, h)}
    weights = {name: w.numpy() for name, w in checkpoint.tensors(shapes).items()}
    return text_writer(exam, lambda tokens, state: model.predict(weights, tokens, state))
