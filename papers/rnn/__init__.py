"""Simple recurrent networks: Elman 1990, and the character models of 2015 that revived them."""

from common.exams.published import TINY_SHAKESPEARE
from common.paper import Metric, Paper

PAPER = Paper(
    title="Finding Structure in Time",
    authors="Jeffrey L. Elman",
    year=1990,
    url="https://doi.org/10.1207/s15516709cog1402_1",
    versions={
        "version1": "NumPy, backpropagation through time by hand, as in min-char-rnn",
        "version2": "torch, many streams, orthogonal recurrence, clipping by norm, Adam",
    },
    metric=Metric("bits_per_character", "bits per character (test)"),
    dataset="tinyshakespeare",
    published=TINY_SHAKESPEARE,
    also={
        "Karpathy 2015, The Unreasonable Effectiveness of Recurrent Neural Networks": (
            "https://karpathy.github.io/2015/05/21/rnn-effectiveness/"
        ),
    },
)
