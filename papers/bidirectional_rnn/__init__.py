"""Bidirectional recurrent networks: one reads from the beginning, one from the end."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Bidirectional Recurrent Neural Networks",
    authors="Mike Schuster, Kuldip K. Paliwal",
    year=1997,
    url="https://doi.org/10.1109/78.650093",
    versions={
        "version1": "two loops and an output at the last word, padding read like words",
        "version2": "both halves in one product over the words alone, the mean of all outputs",
    },
    metric=Metric("test_error", "wrong sentences, % (test)"),
    dataset="sst2",
    cites=("rnn",),
    counts="sentences",
)
