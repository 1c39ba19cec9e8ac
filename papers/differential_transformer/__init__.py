"""Differential Transformer: attention as the difference of two softmax maps."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Differential Transformer",
    authors="Tianzhu Ye, Li Dong, Yuqing Xia, Yutao Sun, Yi Zhu, Gao Huang, Furu Wei",
    year=2024,
    url="https://arxiv.org/abs/2410.05258",
    versions={
        "version1": "one reading of Eq. 1 from basic operations, with the slips of early code",
        "version2": "the authors' layout on papers/llama's block: paired heads, a norm for each, "
        "reparameterised lambda, a cache",
    },
    metric=Metric("wrong_answers", "wrong answers, % (test)"),
    dataset="tinyshakespeare",
    cites=("llama", "adam"),
    also={"The authors' code": "https://github.com/microsoft/unilm/tree/master/Diff-Transformer"},
)
