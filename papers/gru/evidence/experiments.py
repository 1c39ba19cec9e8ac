"""Short trainings: three kinds of units with as many parameters each, on text and on adding.

Rates and first input weights were chosen with seed 100, on the validation split and on the problems
of adding that judge, each for its own kind; README.md has the numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

import torch

from common.evidence.claims import Pair
from common.evidence.measuring import parameters
from common.exams.adding import Reader, adding, examine, learn
from common.exams.text import predictor
from common.run.engine import Masters
from papers.gru import PAPER
from papers.gru.task import Exam
from papers.gru.version2 import model as gru
from papers.lstm.version2 import model as lstm
from papers.rnn.version2 import model as rnn

UNITS, SYMBOLS = 64, 65  # gated units on text; the others get as many parameters
ADDERS = 32  # gated units that add
TEXT = {"batch": 64, "sequence": 16, "steps": 1200, "clip": 1.0}
RATES = {"gru": 0.02, "lstm": 0.03, "tanh": 0.02}  # on text
ADDING = {"steps": 500, "batch": 32}
ADDING_RATES = {"gru": 0.02, "lstm": 0.02, "tanh": 0.01}


def nearest(size: Callable[[int], int], wanted: int) -> int:
    """Of how many units `size` comes nearest to the wanted count of parameters."""
    return min(range(1, 1000), key=lambda units: abs(size(units) - wanted))


# -- text ---------------------------------------------------------------------------------------


def text_net(kind: str, units: int):
    """(config, net): one layer of `units`."""
    if kind == "gru":
        config = gru.Config(hidden=units, learning_rate=RATES[kind], input_std=1.0, **TEXT)
        return config, gru.GRU(config, SYMBOLS)
    if kind == "lstm":
        config = lstm.Config(
            hidden=units, layers=1, learning_rate=RATES[kind], input_std=2.0, **TEXT
        )
        return config, lstm.LSTM(config, SYMBOLS)
    config = rnn.Config(hidden=units, learning_rate=RATES[kind], input_std=2.0, **TEXT)
    return config, rnn.RNN(config, SYMBOLS)


@cache
def text_units(kind: str) -> int:
    """As many units as have the parameters of UNITS gated ones."""
    wanted = parameters(lambda: text_net("gru", UNITS)[1])
    return nearest(lambda units: parameters(lambda: text_net(kind, units)[1]), wanted)


@cache
def text_bits(kind: str, seed: int) -> float:
    """Bits per character on the test split after a short training."""
    return trained_on_text(kind, seed, "test")


def trained_on_text(kind: str, seed: int, part: str) -> float:
    exam = Exam(PAPER.dataset)
    torch.manual_seed(seed)
    config, net = text_net(kind, text_units(kind))
    learner = {"gru": gru, "lstm": lstm, "tanh": rnn}[kind].Learner(
        config, net, Masters(net.parameters())
    )
    rows = rnn.streams(torch.as_tensor(exam.train), config.batch)
    for i in range(config.steps):
        learner.step(rows, i)
    return exam.score(predictor(net), getattr(exam.parts, part))


# -- the adding problem -------------------------------------------------------------------------


def tanh_layer(inputs: int, units: int):
    """torch's, which papers/rnn shows to be Elman's, begun orthogonally as papers/rnn begins."""
    layer = torch.nn.RNN(inputs, units, batch_first=True)
    torch.nn.init.orthogonal_(layer.weight_hh_l0)
    return layer


LAYERS = {
    "gru": lambda inputs, units: gru.Layer(inputs, units, input_std=0.5),
    "lstm": lambda inputs, units: lstm.Layer(inputs, units, input_std=0.5),
    "tanh": tanh_layer,
}


@cache
def adding_units(kind: str) -> int:
    wanted = parameters(lambda: LAYERS["gru"](2, ADDERS))
    return nearest(lambda units: parameters(lambda: LAYERS[kind](2, units)), wanted)


@cache
def adding_error(kind: str, seed: int) -> float:
    """Mean squared error on fresh sequences of 50 to 55 steps; always answering 1 has 1 / 6."""
    task, units = adding(50), adding_units(kind)
    torch.manual_seed(seed)
    net = Reader(LAYERS[kind](2, units), units, task)
    learn(net, task, seed=seed, rate=ADDING_RATES[kind], **ADDING)
    return examine(net, task).loss


# -- who is better ------------------------------------------------------------------------------


def compared(measured: Callable[[str, int], float], rival: str, seeds: Sequence[int]) -> Pair:
    """Gated units against the rival's, seed by seed: lower is better."""
    ours, theirs = ({seed: measured(kind, seed) for seed in seeds} for kind in ("gru", rival))
    return Pair(ours, theirs, sign=-1)


def tanh_on_text(seeds: Sequence[int]) -> Pair:
    return compared(text_bits, "tanh", seeds)


def lstm_on_text(seeds: Sequence[int]) -> Pair:
    return compared(text_bits, "lstm", seeds)


def tanh_on_adding(seeds: Sequence[int]) -> Pair:
    return compared(adding_error, "tanh", seeds)


def lstm_on_adding(seeds: Sequence[int]) -> Pair:
    return compared(adding_error, "lstm", seeds)
