"""A short training on a made language: sentences to copy, read forwards or backwards.

Sizes and steps were chosen with seed 100, on which no claim is judged.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from common.evidence.claims import Pair
from common.evidence.deviations import injection
from common.exams.pairs import made_pairs
from common.paper import room
from common.run.engine import Masters
from papers.seq2seq import PAPER
from papers.seq2seq.version2 import model

SYMBOLS, LENGTHS, STEPS, BATCH = 20, range(6, 13), 300, 32


def copies_backwards(seeds: Sequence[int]) -> Pair:
    """Nats per token of new sentences to copy, after training on others."""
    backwards, forwards = (
        {seed: copying(seed, deviation) for seed in seeds}
        for deviation in (None, "straight_source")
    )
    return Pair(backwards, forwards, sign=-1, note=f"after {STEPS} steps")


def copying(seed: int, deviation: str | None) -> float:
    with injection(room("seq2seq"), PAPER.newest, deviation):
        return learned(seed)


def learned(seed: int) -> float:
    """The loss on new sentences after STEPS steps of version 2."""
    config = model.Config(64, 1, 16, dropout=0.0, rate=0.01, warmup=20, steps=STEPS)
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    net = model.Seq2Seq(config, SYMBOLS)
    learner = model.Learner(config, net, Masters(net.parameters()), seed)

    def batch(count):
        return map(torch.as_tensor, made_pairs("copy", count, LENGTHS, SYMBOLS, rng))

    for i in range(STEPS):
        learner.step(*batch(BATCH), i)
    source, target = batch(500)
    with torch.no_grad():
        return model.loss(net.scores(source, target[:, :-1]), target[:, 1:]).item()
