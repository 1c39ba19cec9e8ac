# Decide here: which paper is it, which metric compares its versions, on which dataset (`papers data
#   list`), and whose models does it cite and import?
"""Gru: say in one sentence what the paper brought."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Gru",
    authors="Name the authors",
    year=2000,
    url="https://doi.org/10.1000/182",
    versions={
        "version1": "NumPy, backpropagation through time by hand, as in min-char-rnn",
        "version2": "torch, many streams, orthogonal recurrence, clipping by norm, Adam",
    },
    metric=Metric("bits_per_character", "bits per character (test)"),
    dataset="tinyshakespeare",
)
