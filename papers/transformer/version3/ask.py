"""Text from version 3: `papers generate transformer --version version3`."""

from common.ask.translating import translator
from common.ask.writer import Translator
from common.exams.translation import Evaluated
from papers.transformer.ask import inputs_of, layers_of
from papers.transformer.task import Exam
from papers.transformer.version3 import model


def load(checkpoint) -> Translator:
    """The trained network, to translate with."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.Transformer(checkpoint.config, exam.symbols), "model.")
    judged = Evaluated(net)

    def maps(source, inputs):
        """Every attention's weights, computed again from what went into it."""
        seen = inputs_of(net, lambda: judged.scores(source, inputs))
        for name, queries, keys, attention in layers_of(net):
            yield name, queries, keys, weights_of(attention, *seen[attention])

    return translator(exam, judged, attend=maps)


def weights_of(attention, x, *rest):
    """The softmax of Eq. 1, which `model.attend` keeps to itself: (1, T, D) -> (H, T, S)."""
    if isinstance(attention, model.CrossAttention):
        (q,) = model.split(x @ attention.w_q, 1, attention.heads)
        (k, _), hidden = rest
    else:
        q, k, _ = model.split(x @ attention.w_qkv, 3, attention.heads)
        hidden = rest[0]
    scores = (q * model.score_scale(q.shape[-1])) @ k.transpose(-2, -1) + hidden
    return scores.softmax(-1)[0].numpy()
