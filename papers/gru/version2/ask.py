"""Text from version 2, its units and gates, and the vectors of its tokens: `papers units gru`."""

from common.ask.abilities import Neighbours, Units
from common.ask.text import text_neighbours, text_units, text_writer
from common.ask.writer import Writer
from common.exams.text import predictor
from papers.gru.task import Exam
from papers.gru.version2 import model


def load(checkpoint) -> tuple[Writer, Units, Neighbours]:
    """The trained network as what writes, what is inside, and what it takes tokens for."""
    exam = Exam(checkpoint.data, words=checkpoint.config.words)
    net = checkpoint.fill(lambda: model.GRU(checkpoint.config, exam.symbols), "model.")
    predict = predictor(net)
    units = text_units(exam, predict, inside, lambda tokens, state: gates(net, tokens, state))
    return text_writer(exam, predict), units, text_neighbours(exam, net.w_hy.T)


def inside(state):
    """The hidden units of each layer, of a state (B, L, H)."""
    layers = state.unbind(1)
    return {f"layer {n} hidden" if layers[1:] else "hidden": h for n, h in enumerate(layers, 1)}


def gates(net, tokens, state):
    """The first layer's gates (B, H) at `tokens` (B, 1), computed from what goes into them."""
    layer, h = net.layers[0], (net.begin(len(tokens)) if state is None else state)[:, 0]
    a = (layer.w + layer.b)[tokens[:, 0]] + h @ layer.u
    r, z, _ = a.sigmoid().chunk(3, 1)
    return {"reset": r, "update": z}
