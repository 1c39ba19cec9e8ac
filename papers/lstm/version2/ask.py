"""Text from version 2, its cells and gates, and the vectors of its tokens: `papers units lstm`."""

from common.ask.abilities import Neighbours, Units
from common.ask.text import text_neighbours, text_units, text_writer
from common.ask.writer import Writer
from common.exams.text import predictor
from papers.lstm.task import Exam
from papers.lstm.version2 import model


def load(checkpoint) -> tuple[Writer, Units, Neighbours]:
    """The trained network as what writes, what is inside, and what it takes tokens for."""
    exam = Exam(checkpoint.data, words=checkpoint.config.words)
    net = checkpoint.fill(lambda: model.LSTM(checkpoint.config, exam.symbols), "model.")
    predict = predictor(net)
    units = text_units(exam, predict, inside, lambda tokens, state: gates(net, tokens, state))
    return text_writer(exam, predict), units, text_neighbours(exam, net.w_y.T)


def inside(state):
    """Hidden units and cells of each layer, of a state (B, L, 2, H)."""
    found = {}
    for n, (h, c) in enumerate(state.permute(1, 2, 0, 3), 1):
        layer = f"layer {n} " if state.shape[1] > 1 else ""
        found |= {f"{layer}cell": c, f"{layer}hidden": h}
    return found


def gates(net, tokens, state):
    """The first layer's gates (B, H) at `tokens` (B, 1), computed from what goes into them."""
    layer, h = net.layers[0], (net.begin(len(tokens)) if state is None else state)[:, 0, 0]
    z = layer.w_x.t()[tokens[:, 0]] + h @ layer.w_h.t() + layer.b
    o, i, f, _ = z.sigmoid().chunk(4, 1)
    return {"input": i, "forget": f, "output": o}
