"""Byte pair encoding: Sennrich, Haddow and Birch 2016, and over bytes as in GPT-2."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Neural Machine Translation of Rare Words with Subword Units",
    authors="Rico Sennrich, Barry Haddow, Alexandra Birch",
    year=2016,
    url="https://arxiv.org/abs/1508.07909",
    versions={
        "version1": "Algorithm 1 as printed: characters, end of word, every merge counts anew",
        "version2": "bytes, counts kept up to date, nothing lost, special tokens, a cache",
    },
    metric=Metric("bits_per_byte", "bits per byte (test, bigrams of tokens)"),
    dataset="tinyshakespeare",
    also={
        "Radford et al. 2019, Language Models are Unsupervised Multitask Learners (Sec. 2.2)": (
            "https://github.com/openai/gpt-2"
        ),
    },
    counts="bytes",
)
