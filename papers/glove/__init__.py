"""GloVe: vectors of words from how often words stand near each other."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="GloVe: Global Vectors for Word Representation",
    authors="Jeffrey Pennington, Richard Socher, Christopher D. Manning",
    year=2014,
    url="https://aclanthology.org/D14-1162/",
    versions={
        "version1": "pair by pair as the released C code learns, with its slips, in NumPy",
        "version2": "block by block of the table: AdaGrad put right, 1/d, W + W~, in torch",
    },
    metric=Metric(
        "analogies_rank", "mean reciprocal rank, analogies (test)", lower_is_better=False
    ),
    dataset="wikipedia_sample",
    more_data={"tests": "word_evaluation"},
    also={
        "The authors' C code, 2014 to 2020": "https://github.com/stanfordnlp/GloVe",
        "Levy, Goldberg and Dagan 2015, Improving Distributional Similarity": (
            "https://doi.org/10.1162/tacl_a_00134"
        ),
    },
    counts="pairs",
)
