"""ViT: a Transformer that reads an image as a row of patches."""

from common.exams.published import FASHION_MNIST
from common.paper import Metric, Paper

PAPER = Paper(
    title="An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
    authors="Alexey Dosovitskiy, Lucas Beyer, Alexander Kolesnikov, Dirk Weissenborn, "
    "Xiaohua Zhai, Thomas Unterthiner, Mostafa Dehghani, Matthias Minderer, Georg Heigold, "
    "Sylvain Gelly, Jakob Uszkoreit, Neil Houlsby",
    year=2020,
    url="https://arxiv.org/abs/2010.11929",
    versions={
        "version1": "basic operations, the slips of early implementations kept",
        "version2": "the published network, fast, with the recipe for small data",
    },
    metric=Metric("test_error", "% wrong images (test)"),
    dataset="fashion_mnist",
    published=FASHION_MNIST,
    cites=("transformer", "adam"),
    counts="images",
    also={
        "Touvron et al. 2021, Training data-efficient image transformers (DeiT)": (
            "https://arxiv.org/abs/2012.12877"
        ),
        "Steiner et al. 2021, How to train your ViT?": "https://arxiv.org/abs/2106.10270",
        "Huang et al. 2016, Deep Networks with Stochastic Depth": (
            "https://arxiv.org/abs/1603.09382"
        ),
        "Abnar and Zuidema 2020, Quantifying Attention Flow in Transformers": (
            "https://arxiv.org/abs/2005.00928"
        ),
    },
)
