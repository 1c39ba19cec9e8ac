"""LLaMA: GPT's decoder with three parts exchanged, trained on more text than was usual."""

from common.exams.published import TINY_SHAKESPEARE
from common.paper import Metric, Paper

PAPER = Paper(
    title="LLaMA: Open and Efficient Foundation Language Models",
    authors="Hugo Touvron, Thibaut Lavril, Gautier Izacard, Xavier Martinet, Marie-Anne Lachaux, "
    "Timothée Lacroix, Baptiste Rozière, Naman Goyal, Eric Hambro, Faisal Azhar, "
    "Aurelien Rodriguez, Armand Joulin, Edouard Grave, Guillaume Lample",
    year=2023,
    url="https://arxiv.org/abs/2302.13971",
    versions={
        "version1": "from basic operations: RMSNorm, SwiGLU and RoPE, with five slips",
        "version2": "the published model and its weights in either layout, fast, with a cache",
    },
    metric=Metric("bits_per_character", "bits per character (test)"),
    dataset="tinyshakespeare",
    cites=("transformer", "gpt2", "bpe", "adam"),
    published=TINY_SHAKESPEARE,
    also={
        "Su et al. 2021, RoFormer (rotary positions)": "https://arxiv.org/abs/2104.09864",
        "Shazeer 2020, GLU Variants Improve Transformer": "https://arxiv.org/abs/2002.05202",
        "Zhang and Sennrich 2019, Root Mean Square Layer Normalization": (
            "https://arxiv.org/abs/1910.07467"
        ),
        "The authors' code": "https://github.com/meta-llama/llama",
    },
)
