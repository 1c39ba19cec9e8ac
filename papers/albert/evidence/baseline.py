"""The simple rival: a bag of words, with labels alone and no text to pre-train on."""

from __future__ import annotations

from common.config import plan
from common.exams.bag_of_words import mean_error
from common.paper import room
from papers.albert import PAPER


def bag_of_words() -> float:
    """Percent of wrong test sentences with all labels."""
    return mean_error(PAPER.dataset, None, plan(room("albert"), PAPER.newest).seeds)
