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

SYMBOLS, LENGTHS, PAIRS = 20, range(8, 13), 32
SIZES = {"hidden": 32, "width": 32, "layers": 1, "feed": False, "dropout": 0.0, "span": 1}
TRAINING = {"rate": 0.02, "warmup": 20, "clip": 1.0, "steps": 100}


def drawn(task: str, rng: np.random.Generator, count: int = PAIRS):
    """`count` pairs of sources and targets, as tensors."""
    return map(torch.as_tensor, made_pairs(task, count, LENGTHS, SYMBOLS, rng))


@cache
def trained(task: str, window: str, seed: int, score: str = "general"):
    """A net that has learned to copy or to reverse, from pairs that are new in every step."""
    torch.manual_seed(seed)
    config = model.Config(score=score, window=window, **SIZES, **TRAINING)
    net, rng = model.Luong(config, SYMBOLS), np.random.default_rng([seed, 0])
    learner = model.Learner(config, net, Masters(net.parameters()), seed)
    for i in range(config.steps):
        learner.step(*drawn(task, rng), i)
    return net.eval()


@cache
def nats(task: str, window: str, seed: int, score: str = "general") -> float:
    """Nats per token on pairs that it has not seen; guessing costs 2.9."""
    net, rng = trained(task, window, seed, score), np.random.default_rng([seed, 1])
    source, target = drawn(task, rng, 256)
    with torch.no_grad():
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


@cache
def concat_without_tanh(task: str, seed: int) -> float:
    """Nats per token of the score "concat" with that bug, which version 1 has."""
    with injection(room("luong_attention"), PAPER.newest, "concat_without_tanh"):
        return nats.__wrapped__(task, "global", seed, "concat")


def compared(seeds: Sequence[int], better: tuple, worse: tuple) -> Pair:
    """Nats per token of two kinds of nets (task, window, score), seed by seed: lower is better."""
    values = []
    for task, window, score in (better, worse):
        values.append({seed: nats(task, window, seed, score) for seed in seeds})
    return Pair(*values, sign=-1)


def monotonic_copies(seeds: Sequence[int]) -> Pair:
    return compared(seeds, ("copy", "local-m", "general"), ("copy", "global", "general"))


def monotonic_cannot_reverse(seeds: Sequence[int]) -> Pair:
    return compared(seeds, ("reverse", "global", "general"), ("reverse", "local-m", "general"))


def predictive_finds_the_place(seeds: Sequence[int]) -> Pair:
    return compared(seeds, ("reverse", "local-p", "general"), ("reverse", "local-m", "general"))


def dot_suits_global(seeds: Sequence[int]) -> Pair:
    return compared(seeds, ("reverse", "global", "dot"), ("reverse", "global", "general"))


def general_suits_local(seeds: Sequence[int]) -> Pair:
    return compared(seeds, ("reverse", "local-p", "general"), ("reverse", "local-p", "dot"))


def concat_needs_tanh(seeds: Sequence[int]) -> Pair:
    with_tanh = {seed: nats("reverse", "global", seed, "concat") for seed in seeds}
    without = {seed: concat_without_tanh("reverse", seed) for seed in seeds}
    return Pair(with_tanh, without, sign=-1)
