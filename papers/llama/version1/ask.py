"""Text from version 1: `papers generate llama --version version1`.

Its cache forgets where in the text it is, so here everything is read again for each token; what the
cache makes of a text is the sample of its record.
"""

import math

import torch

from common.ask.text import text_writer
from common.exams.text import predictor
from papers.llama.task import Exam
from papers.llama.version1 import model


def load(checkpoint):
    """The trained network as a Writer."""
    config = checkpoint.config
    exam = Exam(checkpoint.data, config, model.vocabulary)
    net = checkpoint.fill(lambda: model.Llama(config, exam.symbols), "model.")
    again = predictor(net, lambda tokens, seen=None: read_again(net, tokens, seen))
    return text_writer(exam, again, attend=lambda tokens: maps(net, tokens))


def read_again(net, tokens, seen=None):
    """What `Llama.read` gives from nothing, where `seen` (B, S) was read before `tokens` (B, T)."""
    seen = tokens if seen is None else torch.cat([seen, tokens], 1)
    return net.read(seen)[0][:, -tokens.shape[1] :], seen


def maps(net, tokens):
    """Each block's attention weights (H, T, T), computed again from what goes into it."""
    x = net.tokens[tokens]
    later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
    for block in net.blocks:
        y, a = block.norms[0](x), block.attention
        q, k = (model.rope(a.split(y @ w), a.base) for w in (a.w_q, a.w_k))
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        yield scores.masked_fill(later, -math.inf).softmax(-1)[0]
        x = block(x)[0]
