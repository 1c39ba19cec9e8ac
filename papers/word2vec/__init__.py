"""Word vectors: Mikolov et al. 2013a (CBOW, skip-gram) and 2013b (negative sampling)."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Efficient Estimation of Word Representations in Vector Space",
    authors="Tomas Mikolov, Kai Chen, Greg Corrado, Jeffrey Dean",
    year=2013,
    url="https://arxiv.org/abs/1301.3781",
    versions={
        "version1": "CBOW and skip-gram with the whole softmax, and one table for both sides",
        "version2": "negative sampling, a Huffman tree, subsampling; the loop in C++",
    },
    metric=Metric("wordsim", "Spearman's correlation, WordSim-353 (test)", lower_is_better=False),
    dataset="wikipedia_sample",
    more_data={"tests": "word_evaluation"},
    also={
        "Mikolov et al. 2013b, Distributed Representations of Words and Phrases": (
            "https://arxiv.org/abs/1310.4546"
        ),
    },
    counts="words",
)
