"""Short trainings on made pairs: sentences to reverse, for which it is known which word every
target word comes from.

Sizes, rate and steps were chosen with seed 100, on which no claim is judged.
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
from papers.bahdanau_attention import PAPER
from papers.bahdanau_attention.version2 import model

SYMBOLS, LENGTHS, LONGER, BATCH = 20, range(3, 11), range(16, 17), 32
SIZES = {"hidden": 48, "width": 24, "aligned": 24, "maxout": 24, "dropout": 0.0}
TRAINING = {"rate": 0.01, "warmup": 20, "clip": 1.0, "steps": 300}


def drawn(count: int, lengths: range, rng: np.random.Generator):
    """`count` sources and the targets that reverse them, as tensors."""
    return map(torch.as_tensor, made_pairs("reverse", count, lengths, SYMBOLS, rng))


@cache
def trained(seed: int, deviation: str | None = None):
    """A net that has learned to reverse up to ten words, from pairs that are new in every step."""
    torch.manual_seed(seed)
    config, rng = model.Config(**SIZES, **TRAINING), np.random.default_rng([seed, 0])
    with injection(room("bahdanau_attention"), PAPER.newest, deviation):
        net = model.Search(config, SYMBOLS)
        learner = model.Learner(config, net, Masters(net.parameters()), seed)
        for i in range(config.steps):
            learner.step(*drawn(BATCH, LENGTHS, rng), i)
    return net.eval()


def right(seed: int, lengths: range, deviation: str | None = None) -> float:
    """The percentage of words of new sentences that the net gives, each after the true ones."""
    net, rng = trained(seed, deviation), np.random.default_rng([seed, 1])
    source, target = drawn(256, lengths, rng)
    with torch.no_grad(), injection(room("bahdanau_attention"), PAPER.newest, deviation):
        found = net.scores(source, target[:, :-1]).argmax(2)
    wanted = target[:, 1:]
    return 100 * (found == wanted)[wanted != PAD].float().mean().item()


def longer_sentences(seeds: Sequence[int]) -> Pair:
    """Words right in reversals of 16 words by nets that have learned up to ten, with attention and
    from one vector."""
    found, without = (
        {seed: right(seed, LONGER, deviation) for seed in seeds}
        for deviation in (None, "fixed_vector")
    )
    return Pair(found, without, sign=+1, note=f"after {TRAINING['steps']} steps")


def anti_diagonal(seeds: Sequence[int]) -> Pair:
    """The percentage of target words that are written while the net looks at the source word that
    they are, against the place in which a copy would find it."""
    found, straight = zip(*(places(seed) for seed in seeds))
    return Pair(dict(zip(seeds, found)), dict(zip(seeds, straight)), sign=+1)


def places(seed: int) -> tuple[float, float]:
    """Of new sentences, how often the largest weight is on the anti-diagonal, and how often on the
    diagonal."""
    net, rng = trained(seed), np.random.default_rng([seed, 2])
    source, target = drawn(256, LENGTHS, rng)
    with torch.no_grad():
        looked = net.write(source, target[:, :-1])[1].argmax(2)
    lengths, t = (source != PAD).sum(1, keepdim=True), torch.arange(looked.shape[1])
    words = t < lengths
    hits = (looked == lengths - 1 - t)[words], (looked == t)[words]
    return tuple(100 * hit.float().mean().item() for hit in hits)
