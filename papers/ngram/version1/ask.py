"""What a trained version 1 can be asked: to write, word by word."""

import numpy as np

from common.ask.checkpoint import Checkpoint
from common.ask.writer import Writer
from papers.ngram.ask import writer
from papers.ngram.task import Exam
from papers.ngram.version1 import model


def load(checkpoint: Checkpoint) -> Writer:
    """The training lines that were counted, counted again."""
    exam, config = Exam(checkpoint.data), checkpoint.config
    kept = checkpoint.tensors({"counted": (len(exam.lines),), "ngrams": (config.order,)})
    net = model.Model(config.order, config.discount, exam.symbols)
    net.count(exam.part(np.flatnonzero(np.asarray(kept["counted"]) > 0)))
    return writer(exam, net, config.order)
