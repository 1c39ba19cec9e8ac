"""BERT: a Transformer encoder that learns by filling gaps, with both sides in view."""

from common.exams.published import SST2
from common.paper import Metric, Paper

PAPER = Paper(
    title="BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
    authors="Jacob Devlin, Ming-Wei Chang, Kenton Lee, Kristina Toutanova",
    year=2018,
    url="https://arxiv.org/abs/1810.04805",
    versions={
        "version1": "basic operations, pairs of segments, the slips of early code kept",
        "version2": "the published network, fast; whole words hidden anew, no pairs",
    },
    metric=Metric("error", "% wrong sentences (test)"),
    dataset="sst2",
    published=SST2,
    more_data={"pretrain": "wikipedia_sample"},
    cites=("transformer", "bpe", "adam", "word2vec"),
    also={
        "The code and the weights": "https://github.com/google-research/bert",
        "Zhang et al. 2020, Revisiting Few-sample BERT Fine-tuning": (
            "https://arxiv.org/abs/2006.05987"
        ),
        "Wu et al. 2016, Google's Neural Machine Translation System (WordPiece)": (
            "https://arxiv.org/abs/1609.08144"
        ),
    },
)
