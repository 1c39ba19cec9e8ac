"""Term weighting for search: Sparck Jones 1972, Salton and Buckley 1988, and BM25."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Term-weighting approaches in automatic text retrieval",
    authors="Gerard Salton, Christopher Buckley",
    year=1988,
    url="https://doi.org/10.1016/0306-4573(88)90021-0",
    versions={
        "version1": "tf-idf as it is first written down: dictionaries, a log to base 10, 1 added",
        "version2": "an inverted index: sparse, any of the paper's weightings, BM25 beside them",
    },
    metric=Metric("mrr", "mean reciprocal rank (test)", lower_is_better=False),
    dataset="wikipedia_sample",
    also={
        "Sparck Jones 1972, A statistical interpretation of term specificity": (
            "https://doi.org/10.1108/eb026526"
        ),
        "Robertson et al. 1995, Okapi at TREC-3 (BM25)": (
            "https://trec.nist.gov/pubs/trec3/t3_proceedings.html"
        ),
    },
    counts="words",
)
