"""What both versions are asked: to translate an English sentence, and where they look."""

from __future__ import annotations

import torch

from common.ask.translating import translator
from common.ask.writer import Translator
from common.exams.translation import Evaluated
from papers.bahdanau_attention.task import Exam


def trained(checkpoint, model) -> Translator:
    """The trained network of a version, whose `model` is given, to translate and to show."""
    exam = Exam(checkpoint.data)
    net = checkpoint.fill(lambda: model.Search(checkpoint.config, exam.symbols), "model.")

    def maps(source, inputs):
        return [("alignment", "target", "source", alignment(net, source, inputs))]

    return translator(exam, Evaluated(net), attend=maps)


def alignment(net, source, inputs):
    """The weights (1, T, S) with which the token after each of `inputs` (1, T) is written."""
    with torch.no_grad():
        return net.eval().write(torch.as_tensor(source), torch.as_tensor(inputs))[1].numpy()
