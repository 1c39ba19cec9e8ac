"""Sequence to sequence: Sutskever et al. 2014, translation through one vector."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Sequence to Sequence Learning with Neural Networks",
    authors="Ilya Sutskever, Oriol Vinyals, Quoc V. Le",
    year=2014,
    url="https://arxiv.org/abs/1409.3215",
    versions={
        "version1": "the paper's recipe written out, the slips of early implementations kept",
        "version2": "reversed source, padding that is nothing, Adam, dropout, layers by hand",
    },
    metric=Metric("nats_per_token", "nats per target token (test)"),
    dataset="multi30k",
    cites=("lstm", "bpe"),
    also={
        "Zaremba et al. 2014, Recurrent Neural Network Regularization (dropout of version 2)": (
            "https://arxiv.org/abs/1409.2329"
        ),
        "Post 2018, A Call for Clarity in Reporting BLEU Scores (sacrebleu)": (
            "https://arxiv.org/abs/1804.08771"
        ),
        "Brown et al. 1993, The Mathematics of Statistical Machine Translation (IBM model 1)": (
            "https://aclanthology.org/J93-2003/"
        ),
    },
)
