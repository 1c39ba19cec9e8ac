# Decide here: what would a user ask of such a model? docs/what-a-room-calls.md has the kinds of
#   answers.
"""Text from version 1: `papers generate llama --version version1`."""

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
    net = checkpoint.fill(lambda: model.GPT(config, exam.symbols), "model.")
    return text_writer(exam, predictor(net, net.read), attend=lambda tokens: maps(net, tokens))


def maps(net, tokens):
    """Each block's attention weights (H, T, T), computed again from what goes into it."""
    x = net.tokens[tokens] + net.positions[: tokens.shape[1]]
    later = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
    for block in net.blocks:
        y, a = block.norms[0](x), block.attention
        q, k = a.split(y @ a.w_q + a.b_q), a.split(y @ a.w_k + a.b_k)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
        yield scores.masked_fill(later, -math.inf).softmax(-1)[0]
        x = block(x)
