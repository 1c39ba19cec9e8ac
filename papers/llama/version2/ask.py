"""Text from version 2: `papers generate llama`."""

from common.ask.text import text_writer
from common.exams.text import predictor
from papers.llama.task import Exam
from papers.llama.version2 import model


def load(checkpoint):
    """The trained network as a Writer."""
    config = checkpoint.config
    exam = Exam(checkpoint.data, config, model.vocabulary)
    net = checkpoint.fill(lambda: model.Llama(config, exam.symbols), "model.")
    return text_writer(exam, predictor(net, net.read), attend=lambda tokens: maps(net, tokens))


def maps(net, tokens):
    """Each block's attention weights (H, T, T), computed again from what goes into it."""
    c, (x, length) = net.config, (net.embed(tokens, 0), tokens.shape[1])
    turned, hidden = model.turns(0, length, c.d_model // c.heads, c.base), model.barred(length)
    for block in net.layers:
        joined = block.attention.wqkv(block.attention_norm(x)).unflatten(-1, (3 * c.heads, -1))
        q, k = model.rope(joined[:, :, : 2 * c.heads], turned).transpose(1, 2).chunk(2, 1)
        yield (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5 + hidden).softmax(-1)[0]
        x = block(x, turned, hidden)
