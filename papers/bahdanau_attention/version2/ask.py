"""Text from version 2: `papers translate bahdanau_attention --version version2`."""

from common.ask.writer import Translator
from papers.bahdanau_attention.ask import trained
from papers.bahdanau_attention.version2 import model


def load(checkpoint) -> Translator:
    """The trained network, to translate with and to see where it looks."""
    return trained(checkpoint, model)
