"""GPT-4: no network to rebuild, for none was told; what a large run will give, said beforehand."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="GPT-4 Technical Report",
    authors="OpenAI",
    year=2023,
    url="https://arxiv.org/abs/2303.08774",
    versions={
        "version1": "a line through logarithms, of runs whose rate never falls",
        "version2": "a power law with its floor and an interval, of runs that end",
    },
    metric=Metric("bits_per_character", "bits per character (test)"),
    dataset="tinyshakespeare",
    cites=("transformer", "bpe", "adam", "gpt2", "gpt3"),
    also={
        "Henighan et al. 2020, Scaling Laws for Autoregressive Generative Modeling": (
            "https://arxiv.org/abs/2010.14701"
        ),
        "Hoffmann et al. 2022, Training Compute-Optimal Large Language Models": (
            "https://arxiv.org/abs/2203.15556"
        ),
        "Guo et al. 2017, On Calibration of Modern Neural Networks": (
            "https://arxiv.org/abs/1706.04599"
        ),
    },
)
