"""Text from version 2: `papers generate transformer --version version2`."""

import math

from common.ask.translating import translator
from common.ask.writer import Translator
from common.exams.translation import Evaluated
from papers.transformer.ask import inputs_of, layers_of
from papers.transformer.task import Exam
from papers.transformer.version2 import model


def load(checkpoint) -> Translator:
    """The trained network, to translate with."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.Transformer(checkpoint.config, exam.symbols))
    judged = Evaluated(net)

    def maps(source, inputs):
        """Every attention's weights, computed again from what went into it."""
        seen = inputs_of(net, lambda: judged.scores(source, inputs))
        for name, queries, keys, attention in layers_of(net):
            yield name, queries, keys, weights_of(attention, *seen[attention])

    return translator(exam, judged, attend=maps)


def weights_of(attention, x, memory, mask):
    """The softmax of Eq. 1, which the module keeps: (1, T, D), (1, S, D) -> (H, T, S)."""
    q, k = attention.split(x @ attention.w_q), attention.split(memory @ attention.w_k)
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    return scores.masked_fill(~mask[:, None], -math.inf).softmax(-1)[0].numpy()
