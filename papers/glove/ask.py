"""What the versions' ask.py share."""

from common.exams.vectors import read_corpus


def known(checkpoint) -> list[str]:
    """The words that have vectors, in the order of these."""
    return read_corpus(checkpoint.data, checkpoint.config.least).words
