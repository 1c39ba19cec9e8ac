"""Attention by Luong et al. 2015: which score, how wide a window, and what is fed back."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Effective Approaches to Attention-based Neural Machine Translation",
    authors="Minh-Thang Luong, Hieu Pham, Christopher D. Manning",
    year=2015,
    url="https://arxiv.org/abs/1508.04025",
    versions={
        "version1": "step by step from basic operations, the slips of early implementations kept",
        "version2": "four scores, three windows, input feeding; masked, joined products, Adam",
    },
    metric=Metric("nats_per_token", "nats per target token (test)"),
    dataset="multi30k",
    cites=("lstm", "seq2seq", "bpe"),
    also={
        "Sennrich et al. 2016, Neural Machine Translation of Rare Words with Subword Units": (
            "https://arxiv.org/abs/1508.07909"
        ),
        "Post 2018, A Call for Clarity in Reporting BLEU Scores (sacrebleu)": (
            "https://arxiv.org/abs/1804.08771"
        ),
        "Brown et al. 1993, The Mathematics of Statistical Machine Translation (IBM model 1)": (
            "https://aclanthology.org/J93-2003/"
        ),
    },
)
