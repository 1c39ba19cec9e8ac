"""Mamba: a recurrence whose parameters are functions of what it reads."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Mamba: Linear-Time Sequence Modeling with Selective State Spaces",
    authors="Albert Gu, Tri Dao",
    year=2023,
    url="https://arxiv.org/abs/2312.00752",
    versions={
        "version1": "Algorithm 2 step by step, from basic operations",
        "version2": "a parallel scan with a gradient of its own, and the published weights",
        "version3": "the scan that keeps its states in cache, in C++",
    },
    metric=Metric("bits_per_character", "bits per character (test)"),
    dataset="tinyshakespeare",
    cites=("adam", "gpt2"),
    also={"The code": "https://github.com/state-spaces/mamba"},
)
