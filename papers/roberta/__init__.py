"""RoBERTa: BERT, trained with more care and nothing else."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="RoBERTa: A Robustly Optimized BERT Pretraining Approach",
    authors=(
        "Yinhan Liu, Myle Ott, Naman Goyal, Jingfei Du, Mandar Joshi, Danqi Chen, Omer Levy, "
        "Mike Lewis, Luke Zettlemoyer, Veselin Stoyanov"
    ),
    year=2019,
    url="https://arxiv.org/abs/1907.11692",
    versions={
        "version1": "BERT of basic operations, with masks anew, and the slips of early ports",
        "version2": "the published model and its weights, full sentences, masks anew",
    },
    metric=Metric("error", "% wrong sentences (test)"),
    dataset="sst2",
    more_data={"pretrain": "wikipedia_sample"},
    cites=("bert", "bpe", "adam", "transformer"),
    also={
        "The code and the weights": (
            "https://github.com/facebookresearch/fairseq/tree/main/examples/roberta"
        ),
    },
)
