"""Text from version 1, its hidden units and gates: `papers generate gru --version version1`."""

import numpy as np

from common.ask.abilities import Units
from common.ask.text import text_units, text_writer
from common.ask.writer import Writer
from papers.gru.task import Exam
from papers.gru.version1 import model


def load(checkpoint) -> tuple[Writer, Units]:
    """The trained weights as what writes, and what is inside."""
    exam, h = Exam(checkpoint.data), checkpoint.config.hidden
    v = exam.symbols
    shapes = {f"w{gate}": (h, v) for gate in ("_r", "_z", "")}
    shapes |= {f"u{gate}": (h, h) for gate in ("_r", "_z", "")} | {"w_y": (v, h)}
    weights = {name: w.numpy() for name, w in checkpoint.tensors(shapes).items()}

    def predict(tokens, state):
        return model.predict(weights, tokens, state)

    def gates(tokens, state):
        x, before = tokens[:, 0], np.zeros((len(tokens), h)) if state is None else state
        named = {"reset": "r", "update": "z"}
        return {
            name: model.sigmoid(weights[f"w_{g}"].T[x] + before @ weights[f"u_{g}"].T)
            for name, g in named.items()
        }

    units = text_units(exam, predict, lambda state: {"hidden": state}, gates)
    return text_writer(exam, predict), units
