"""ELECTRA: an encoder that learns by telling which words of a text were replaced."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators",
    authors="Kevin Clark, Minh-Thang Luong, Quoc V. Le, Christopher D. Manning",
    year=2020,
    url="https://arxiv.org/abs/2003.10555",
    versions={
        "version1": "basic operations, two nets that share nothing, the slips of ports kept",
        "version2": "the published pair, fast: shared embeddings, rates that fall with depth",
    },
    metric=Metric("error", "% wrong sentences (test)"),
    dataset="sst2",
    more_data={"pretrain": "wikipedia_sample"},
    cites=("transformer", "bert", "bpe", "adam"),
    also={
        "The code and the weights": "https://github.com/google-research/electra",
    },
)
