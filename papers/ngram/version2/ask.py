"""What a trained version 2 can be asked: to write, word by word."""

import numpy as np

from common.ask.checkpoint import Checkpoint
from common.ask.writer import Writer
from papers.ngram.ask import writer
from papers.ngram.task import Exam
from papers.ngram.version2 import model


def load(checkpoint: Checkpoint) -> Writer:
    """The training lines that were counted, counted again, with the discounts that were found."""
    exam, config = Exam(checkpoint.data), checkpoint.config
    kept = checkpoint.tensors({"counted": (len(exam.lines),), "discounts": (config.order, 3)})
    text = exam.part(np.flatnonzero(np.asarray(kept["counted"]) > 0))
    fixed = np.asarray(kept["discounts"], dtype=np.float64)
    return writer(exam, model.Model(text, exam.symbols, config, fixed=fixed), config.order)
