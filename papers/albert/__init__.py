"""ALBERT: BERT with one layer used again and again, and with a narrow embedding."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="ALBERT: A Lite BERT for Self-supervised Learning of Language Representations",
    authors="Zhenzhong Lan, Mingda Chen, Sebastian Goodman, Kevin Gimpel, Piyush Sharma, "
    "Radu Soricut",
    year=2019,
    url="https://arxiv.org/abs/1909.11942",
    versions={
        "version1": "a narrow embedding, layers that only begin alike, the slips of early code",
        "version2": "the published network: one layer, order of segments, whole words in a row",
    },
    metric=Metric("error", "% wrong sentences (test)"),
    dataset="sst2",
    more_data={"pretrain": "wikipedia_sample"},
    cites=("bert", "transformer", "bpe", "adam"),
    also={
        "The code and the weights": "https://github.com/google-research/albert",
        "Devlin et al. 2018, BERT": "https://arxiv.org/abs/1810.04805",
    },
)
