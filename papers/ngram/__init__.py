"""Smoothed n-grams: Chen and Goodman 1998, with Kneser and Ney's method modified."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="An Empirical Study of Smoothing Techniques for Language Modeling",
    authors="Stanley F. Chen, Joshua Goodman",
    year=1998,
    url="https://nrs.harvard.edu/urn-3:HUL.InstRepos:25104739",
    versions={
        "version1": "dictionaries, one discount, and sums that are not 1",
        "version2": "modified Kneser-Ney in sorted arrays, discounts from the counts",
    },
    metric=Metric("bits_per_word", "bits per word (test)"),
    dataset="tinyshakespeare",
    also={
        "Chen and Goodman 1999, the same study in Computer Speech and Language 13": (
            "https://doi.org/10.1006/csla.1999.0128"
        ),
    },
)
