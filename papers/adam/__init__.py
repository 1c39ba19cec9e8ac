"""Adam, and the weight decay that was later decoupled from it."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Adam: A Method for Stochastic Optimization",
    authors="Diederik P. Kingma, Jimmy Lei Ba",
    year=2015,
    url="https://arxiv.org/abs/1412.6980",
    versions={
        "version1": "Algorithm 1 line by line, one tensor at a time, L2 in the gradient",
        "version2": "AdamW on parameter groups, decoupled decay, cosine, in cache-sized blocks",
    },
    metric=Metric("test_loss", "nats per image (test)"),
    dataset="digits",
    also={
        "Loshchilov and Hutter 2019, Decoupled Weight Decay Regularization": (
            "https://arxiv.org/abs/1711.05101"
        ),
        "Reddi, Kale and Kumar 2018, On the Convergence of Adam and Beyond": (
            "https://arxiv.org/abs/1904.09237"
        ),
    },
    counts="images",
)
