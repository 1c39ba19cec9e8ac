"""Text from version 1: `papers translate seq2seq --version version1`."""

from common.ask.writer import Translator
from papers.seq2seq.ask import trained
from papers.seq2seq.version1 import model


def load(checkpoint) -> Translator:
    """The trained network, to translate with."""
    return trained(checkpoint, model)
