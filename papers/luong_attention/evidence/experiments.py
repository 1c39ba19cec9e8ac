"""Short trainings on made pairs, where it is known which word every target word comes from.

A copy keeps the order of the source, as local-m takes for granted; a reversal turns it round. No
state is fed here, so a training takes a second; sizes, rate and steps were chosen with seed 100.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch

from common.evidence.claims import Pair
from common.evidence.deviations import injection
from common.exams.pairs import PAD, made_pairs
from common.paper import room
from common.run.engine import Masters
from papers.luong_attention import PAPER
from papers.luong_attention.version2 import model

NAME = "luong_attention"
SYMBOLS, LENGTHS, PAIRS = 20, range(8, 13), 32
SIZES = {"hidden": 32, "width": 32, "layers": 1, "feed": False, "dropout": 0.0, "span": 1}
TRAINING = {"rate": 0.02, "warmup": 20, "clip": 1.0, "steps": 100}


def drawn(task: str, rng: np.random.Generator, count: int = PAIRS):
    """`count` pairs of sources and targets, as tensors."""
    return map(torch.as_tensor, made_pairs(task, count, LENGTHS, SYMBOLS, rng))


@cache
def trained(task: str, window: str, seed: int, score: str = "general", bug: str | None = None):
    """A net that has learned to copy or to reverse, from pairs that are new in every step."""
    torch.manual_seed(seed)
    config = model.Config(score=score, window=window, **SIZES, **TRAINING)
    net, rng = model.Luong(config, SYMBOLS), np.random.default_rng([seed, 0])
    learner = model.Learner(config, net, Masters(net.parameters()), seed)
    with injection(room(NAME), PAPER.newest, bug):
        for i in range(config.steps):
            learner.step(*drawn(task, rng), i)
    return net.eval()


@cache
def nats(
    task: str, window: str, seed: int, score: str = "general", bug: str | None = None
) -> float:
    """Nats per token on pairs that it has not seen; guessing costs 2.9."""
    net, rng = trained(task, window, seed, score, bug), np.random.default_rng([seed, 1])
    source, target = drawn(task, rng, 256)
    with injection(room(NAME), PAPER.newest, bug), torch.no_grad():
        return model.loss(net.scores(source, target[:, :-1]), target[:, 1:]).item()


def aligned(task: str, window: str, seed: int) -> float:
    """The share of target words for which the source word that they are gets the most weight."""
    net, rng = trained(task, window, seed), np.random.default_rng([seed, 2])
    source, target = drawn(task, rng, 256)
    with torch.no_grad():
        _, weights = net.write(source, target[:, :-1])  # target[:, t + 1] comes of step t
    lengths = (source != PAD).sum(1, keepdim=True)
    t = torch.arange(weights.shape[1])
    wanted = t.expand(len(source), -1) if task == "copy" else lengths - 1 - t
    words = t < lengths
    return (weights.argmax(2) == wanted)[words].float().mean().item()


def compared(task: str, seeds: Sequence[int], better: dict, worse: dict) -> Pair:
    """Nats per token of two kinds of nets (window, score, bug), seed by seed: lower is better."""
    values = [{seed: nats(task, seed=seed, **kind) for seed in seeds} for kind in (better, worse)]
    return Pair(*values, sign=-1)


def monotonic_copies(seeds: Sequence[int]) -> Pair:
    return compared("copy", seeds, {"window": "local-m"}, {"window": "global"})


def monotonic_cannot_reverse(seeds: Sequence[int]) -> Pair:
    return compared("reverse", seeds, {"window": "global"}, {"window": "local-m"})


def predictive_finds_the_place(seeds: Sequence[int]) -> Pair:
    return compared("reverse", seeds, {"window": "local-p"}, {"window": "local-m"})


def the_place_learns_as_a_real_number(seeds: Sequence[int]) -> Pair:
    floored = {"window": "local-p", "bug": "floored_place"}
    return compared("reverse", seeds, {"window": "local-p"}, floored)


def dot_suits_global(seeds: Sequence[int]) -> Pair:
    return compared("reverse", seeds, {"window": "global", "score": "dot"}, {"window": "global"})


def general_suits_local(seeds: Sequence[int]) -> Pair:
    return compared("reverse", seeds, {"window": "local-p"}, {"window": "local-p", "score": "dot"})


def concat_needs_tanh(seeds: Sequence[int]) -> Pair:
    concat = {"window": "global", "score": "concat"}
    return compared("reverse", seeds, concat, {**concat, "bug": "concat_without_tanh"})
