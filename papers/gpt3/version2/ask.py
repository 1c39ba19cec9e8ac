"""Text from version 2: `papers generate gpt3 --prompt "αΓβΛα"`."""

import math

from common.ask.abilities import Contamination
from common.ask.text import text_writer
from common.ask.writer import Writer
from common.exams.text import predictor
from papers.gpt3.task import Exam
from papers.gpt3.version2 import model


def load(checkpoint) -> tuple[Writer, Contamination]:
    """The trained network as a Writer; what of a test it has read."""
    config = checkpoint.config
    exam = Exam(checkpoint.data, config)
    net = checkpoint.fill(lambda: model.GPT3(config, exam.symbols), "model.")
    predict, drawn = predictor(net, net.read), lambda tokens: maps(net, tokens)
    seen = Contamination(lambda examples: list(model.contaminated(examples, exam.parts.train)))
    return text_writer(exam, predict, attend=drawn), seen


def maps(net, tokens):
    """Each block's attention weights (H, T, T), computed again from what goes into it; in a banded
    layer they are 0 outside the band."""
    length = tokens.shape[1]
    x, hidden = net.wte(tokens) + net.wpe.weight[:length], net.hidden[:length, :length]
    for n, block in enumerate(net.h):
        joined = block.attn.c_attn(block.ln_1(x))
        q, k, _ = joined.view(1, length, 3, block.attn.heads, -1).permute(2, 0, 3, 1, 4)
        scores = q @ k.transpose(-2, -1) * model.scale(q) + hidden
        if model.is_banded(n):
            far = scores.new_full((length, length), -math.inf).tril(-block.attn.band)
            scores = scores + far
        yield scores.softmax(-1)[0]
        x = block(x, hidden)
