"""Text from version 2: `papers generate gpt2 --version version2`."""

import torch

from papers.gpt2.ask import writer
from papers.gpt2.task import Exam
from papers.gpt2.version2 import model
from papers.gpt2.version2.decode import Decoder


def load(checkpoint):
    """The trained network as a Writer."""
    config = checkpoint.config
    exam = Exam(checkpoint.data, config.context, lambda *text: model.vocabulary(*text, config))
    net = checkpoint.fill(lambda: model.GPT2(config, exam.symbols), "model.")
    return writer(exam, predictor(Decoder(net)), lambda tokens: maps(net, tokens))


def predictor(decoder):
    """`predict` as in the exam, over a decoder."""

    def predict(tokens, state):
        scores, state = decoder.read(torch.as_tensor(tokens), state)
        return scores.float().log_softmax(-1).numpy(), state

    return predict


def maps(net, tokens):
    """Each block's attention weights (H, T, T), computed again from what goes into it."""
    length = tokens.shape[1]
    x, hidden = net.wte(tokens) + net.wpe.weight[:length], net.hidden[:length, :length]
    for block in net.h:
        joined = block.attn.c_attn(block.ln_1(x))
        q, k, _ = joined.view(1, length, 3, block.attn.heads, -1).permute(2, 0, 3, 1, 4)
        yield (q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5 + hidden).softmax(-1)[0]
        x = block(x, hidden)
