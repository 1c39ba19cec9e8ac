"""Gated recurrent units: Cho et al. 2014, and Chung et al. 2014, who measured them beside LSTMs."""

from common.paper import Metric, Paper

PAPER = Paper(
    title="Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine "
    "Translation",
    authors="Kyunghyun Cho, Bart van Merriënboer, Caglar Gulcehre, Dzmitry Bahdanau, Fethi "
    "Bougares, Holger Schwenk, Yoshua Bengio",
    year=2014,
    url="https://arxiv.org/abs/1406.1078",
    versions={
        "version1": "NumPy, the paper's equations and their gradients by hand, Adadelta",
        "version2": "torch, reset after the product, biases, many streams, Adam, time by hand",
    },
    metric=Metric("bits_per_character", "bits per character (test)"),
    dataset="tinyshakespeare",
    cites=("lstm", "rnn"),
    also={
        "Chung et al. 2014, Empirical Evaluation of Gated Recurrent Neural Networks": (
            "https://arxiv.org/abs/1412.3555"
        ),
    },
)
