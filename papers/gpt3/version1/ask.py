"""Text from version 1: `papers generate gpt3 --version version1`."""

import math

from common.ask.abilities import Contamination
from common.ask.text import text_writer
from common.ask.writer import Writer
from common.exams.text import predictor
from papers.gpt3.task import Exam
from papers.gpt3.version1 import model


def load(checkpoint) -> tuple[Writer, Contamination]:
    """The trained network as a Writer; what of a test it has read."""
    config = checkpoint.config
    exam = Exam(checkpoint.data, config)
    net = checkpoint.fill(lambda: model.GPT3(config, exam.symbols), "model.")
    predict, drawn = predictor(net, net.read), lambda tokens: maps(net, tokens)
    seen = Contamination(lambda examples: list(model.contaminated(examples, exam.parts.train)))
    return text_writer(exam, predict, attend=drawn), seen


def maps(net, tokens):
    """Each block's attention weights (H, T, T), computed again from what goes into it."""
    x = net.tokens[tokens] + net.positions[: tokens.shape[1]]
    for block in net.blocks:
        y, a = block.norms[0](x), block.attention
        q, k = a.split(y @ a.w_q + a.b_q), a.split(y @ a.w_k + a.b_k)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        hidden = model.barred(x.shape[1], a.band)
        yield scores.masked_fill(hidden, -math.inf).softmax(-1)[0]
        x = block(x)
