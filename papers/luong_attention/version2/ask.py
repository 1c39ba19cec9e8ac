"""Text from version 2: `papers translate luong_attention --version version2`."""

import torch

from common.ask.translating import translator
from common.ask.writer import Translator
from common.exams.translation import Evaluated
from papers.luong_attention.task import Exam
from papers.luong_attention.version2 import model


def load(checkpoint) -> Translator:
    """The trained network, to translate with and to see its alignments."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.Luong(checkpoint.config, exam.symbols), "model.")

    def maps(source, inputs):
        return [("alignment", "target", "source", alignment(net, source, inputs))]

    return translator(exam, Evaluated(net), attend=maps)


def alignment(net, source, inputs):
    """The weights a_t (1, T, S) after each of `inputs` (1, T) is read, as a NumPy array."""
    with torch.no_grad():
        return net.eval().write(torch.as_tensor(source), torch.as_tensor(inputs))[1].numpy()
