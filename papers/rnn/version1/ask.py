"""Text from version 1, and its hidden units: `papers generate rnn --version version1`."""

from common.ask.abilities import Units
from common.ask.text import text_units, text_writer
from common.ask.writer import Writer
from papers.rnn.task import Exam
from papers.rnn.version1 import model


def load(checkpoint) -> tuple[Writer, Units]:
    """The trained weights as what writes, and what is inside."""
    exam, h = Exam(checkpoint.data), checkpoint.config.hidden
    v = exam.symbols
    shapes = {"w_xh": (h, v), "w_hh": (h, h), "w_hy": (v, h), "b_h": (h,), "b_y": (v,)}
    weights = {name: w.numpy() for name, w in checkpoint.tensors(shapes).items()}

    def predict(tokens, h):
        return model.predict(weights, tokens, h)

    return text_writer(exam, predict), text_units(exam, predict, lambda h: {"hidden": h})
