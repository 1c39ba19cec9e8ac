"""Text from version 3, and what Delta opens for: `papers units mamba "a text" --gates`."""

import torch

from common.ask.abilities import Units
from common.ask.text import text_units, text_writer
from common.ask.writer import Writer
from common.exams.text import predictor
from papers.mamba.task import Exam
from papers.mamba.version3 import model


def load(checkpoint) -> tuple[Writer, Units]:
    """The trained network as what writes, and what is inside."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.Mamba(checkpoint.config, exam.symbols), "model.")
    predict, taps = predictor(net), checkpoint.config.taps
    units = text_units(
        exam, predict, lambda state: inside(state, taps), lambda *read: opened(net, *read)
    )
    return text_writer(exam, predict), units


def inside(state, taps):
    """Of each layer the slowest state of every channel, in a state (B, L, W - 1 + N, E)."""
    return {f"layer {n} state": rows[:, taps - 1] for n, rows in enumerate(state.unbind(1), 1)}


@torch.no_grad()
def opened(net, tokens, state):
    """How far each channel of each layer opens for `tokens` (B, 1): 1 - exp(-Delta), the gate g of
    Theorem 1, (B, E)."""
    state = net.begin(len(tokens)) if state is None else state
    x, found = net.embedding(torch.as_tensor(tokens)), {}
    for n, (block, before) in enumerate(zip(net.layers, state.unbind(1), strict=True), 1):
        mixer, (inner, _) = block.mixer, block.mixer.in_proj(block.norm(x)).chunk(2, -1)
        kept = before[:, : mixer.config.taps - 1].to(x.dtype)
        inner = torch.nn.functional.silu(mixer.convolve(inner, kept)[0])
        found[f"layer {n} Delta"] = -(-mixer.select(inner)[0][:, 0]).expm1()
        x, _ = block(x, before)
    return found
