"""What the versions' ask.py share."""

from common.exams.vectors import learned_words


def known(checkpoint) -> list[str]:
    """The words that have vectors, in the order of these."""
    rows = [*checkpoint.shapes.get("model.w", ()), 0][0]
    return learned_words(checkpoint.data, rows, checkpoint.config.least)
