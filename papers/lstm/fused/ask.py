"""Text from the fused version, its cells and gates: `papers generate lstm --version fused`."""

from common.ask.abilities import Units
from common.ask.text import text_units, text_writer
from common.ask.writer import Writer
from common.exams.text import predictor
from papers.lstm.fused import model
from papers.lstm.task import Exam


def load(checkpoint) -> tuple[Writer, Units]:
    """The trained network as what writes, and what is inside."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.LSTM(checkpoint.config, exam.symbols), "model.")
    predict = predictor(net)
    return text_writer(exam, predict), text_units(
        exam, predict, inside, lambda tokens, state: gates(net, tokens, state)
    )


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
