# Decide here: what would a user ask of such a model? docs/what-a-room-calls.md has the kinds of
#   answers.
"""Text from version 2: `papers generate llama --version version2`."""

from common.ask.text import text_writer
from common.exams.text import predictor
from papers.llama.task import Exam
from papers.llama.version2 import model
from papers.llama.version2.decode import Decoder


def load(checkpoint):
    """The trained network as a Writer."""
    config = checkpoint.config
    exam = Exam(checkpoint.data, config, model.vocabulary)
    net = checkpoint.fill(lambda: model.Llama(config, exam.symbols), "model.")
    return text_writer(
        exam, predictor(net, Decoder(net).read), attend=lambda tokens: maps(net, tokens)
    )


def maps(net, tokens):
    """Each block's attention weights (H, T, T), computed again from what goes into it."""
    length = tokens.shape[1]
    x, hidden = net.wte(tokens) + net.wpe.weight[:length], net.hidden[:length, :length]
    for block in net.h:
        joined = block.attn.c_attn(block.ln_1(x))
        q, k, _ = joined.view(1, length, 3, block.attn.heads, -1).permute(2, 0, 3, 1, 4)
        yield (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5 + hidden).softmax(-1)[0]
        x = block(x, hidden)
