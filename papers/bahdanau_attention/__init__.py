"""Additive attention: Bahdanau et al. 2015, a translator that looks for the words it needs."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Neural Machine Translation by Jointly Learning to Align and Translate",
    authors="Dzmitry Bahdanau, Kyunghyun Cho, Yoshua Bengio",
    year=2015,
    url="https://arxiv.org/abs/1409.0473",
    versions={
        "version1": "as a famous tutorial had it: weights that never see the source",
        "version2": "the paper: both directions, additive scores, masked, once for all steps, Adam",
    },
    metric=Metric("nats_per_token", "nats per target token (test)"),
    dataset="multi30k",
    cites=("gru", "bidirectional_rnn", "seq2seq", "bpe"),
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
