"""Text from version 1, and its cells: `papers generate lstm --version version1`."""

from common.ask.abilities import Units
from common.ask.text import text_units, text_writer
from common.ask.writer import Writer
from papers.lstm.task import Exam
from papers.lstm.version1 import model


def load(checkpoint) -> tuple[Writer, Units]:
    """The trained weights as what writes, and what is inside."""
    exam, config = Exam(checkpoint.data), checkpoint.config
    v, c = exam.symbols, config.blocks * config.size
    u = c + 2 * config.blocks
    found = checkpoint.tensors({"w": (u, v + u + 1), "w_y": (v, c + 1)})
    weights = {name: w.numpy() for name, w in found.items()}

    def predict(tokens, state):
        return model.predict(weights, tokens, state)

    def inside(state):
        cells, units = state
        return {"cell": cells, "hidden": units[:, :c]}

    return text_writer(exam, predict), text_units(exam, predict, inside)
