"""Text from version 2: `papers translate seq2seq --version version2`."""

from common.ask.writer import Translator
from papers.seq2seq.ask import trained
from papers.seq2seq.version2 import model


def load(checkpoint) -> Translator:
    """The trained network, to translate with."""
    return trained(checkpoint, model)
