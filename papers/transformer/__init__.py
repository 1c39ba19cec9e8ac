"""The Transformer: Vaswani et al. 2017, translation with attention alone."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Attention Is All You Need",
    authors="Ashish Vaswani, Noam Shazeer, Niki Parmar, Jakob Uszkoreit, Llion Jones, "
    "Aidan N. Gomez, Łukasz Kaiser, Illia Polosukhin",
    year=2017,
    url="https://arxiv.org/abs/1706.03762",
    versions={
        "version1": "NumPy, gradients by hand, the slips of early implementations kept",
        "version2": "torch, equation by equation, as the paper has it (post-norm)",
        "version3": "pre-norm, fused projections, attention by length, key-value cache",
    },
    metric=Metric("nats_per_token", "nats per target token (test)"),
    dataset="multi30k",
    cites=("adam", "bpe"),
    also={
        "Wu et al. 2016, Google's Neural Machine Translation System (length penalty)": (
            "https://arxiv.org/abs/1609.08144"
        ),
        "Post 2018, A Call for Clarity in Reporting BLEU Scores (sacrebleu)": (
            "https://arxiv.org/abs/1804.08771"
        ),
        "Brown et al. 1993, The Mathematics of Statistical Machine Translation (IBM model 1)": (
            "https://aclanthology.org/J93-2003/"
        ),
    },
)
