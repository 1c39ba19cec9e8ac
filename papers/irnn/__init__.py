# Decide here: which paper is it, which metric compares its versions, on which dataset (`papers data
#   list`), and whose models does it cite and import?
"""Irnn: say in one sentence what the paper brought."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Irnn",
    authors="Name the authors",
    year=2000,
    url="https://doi.org/10.1000/182",
    versions={
        "version1": "Algorithm 1 line by line, one tensor at a time, L2 in the gradient",
        "version2": "AdamW on parameter groups, decoupled decay, cosine, in cache-sized blocks",
    },
    metric=Metric("test_loss", "nats per image (test)"),
    dataset="digits",
    counts="images",
)
