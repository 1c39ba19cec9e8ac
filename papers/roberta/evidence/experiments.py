"""Short trainings for claims, on a made language: a word allows four words after it.

Sizes and rates were chosen with the seeds 100 and 101, on which no claim is judged.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor

from common.evidence.claims import Pair
from common.run.engine import Masters
from papers.roberta.version2 import model

WORDS, FOLLOW, LENGTH = 40, 4, 16
EPOCHS, ROWS = 40, 128  # few rows that are read often
PASSES, MANY, FRESH = 4, 4_096, 512  # many rows that are read seldom; rows to be judged on
RATES = {16: 6e-3, 64: 6e-3}  # batch -> rate; each the best of three on seeds 100 and 101
SYMBOLS = model.SPECIALS + WORDS


def language(count: int, seed: int) -> Tensor:
    """Rows <s> words </s> (B, T); which words may follow is the same for all seeds."""
    grammar = torch.Generator().manual_seed(0)
    allowed = torch.stack([torch.randperm(WORDS, generator=grammar)[:FOLLOW] for _ in range(WORDS)])
    rng = torch.Generator().manual_seed(seed)
    words = [torch.randint(WORDS, (count,), generator=rng)]
    for _ in range(LENGTH - 3):
        words.append(allowed[words[-1], torch.randint(FOLLOW, (count,), generator=rng)])
    rows = torch.full((count, LENGTH), model.BEGIN)
    rows[:, 1:-1], rows[:, -1] = torch.stack(words, 1) + model.SPECIALS, model.END
    return rows


class Masks:
    """So many masks for each row, drawn once and taken in turn; None draws anew each time."""

    def __init__(self, hiding: model.Hiding, rows: Tensor, masks: int | None):
        self.hiding, self.rows = hiding, rows
        self.kept = [hiding(rows) for _ in range(masks)] if masks else None

    def __call__(self, chosen: Tensor, epoch: int) -> tuple[Tensor, Tensor]:
        """Rows as they are seen, and targets, of those chosen."""
        if self.kept is None:
            return self.hiding(self.rows[chosen])
        seen, targets = self.kept[epoch % len(self.kept)]
        return seen[chosen], targets[chosen]


def readings(masks: int, epochs: int) -> Counter:
    """How often each masked row is read, by its number and what is seen and asked."""
    torch.manual_seed(0)
    rows, found = language(8, seed=1), Counter()
    reading = Masks(model.Hiding(SYMBOLS, 0.3), rows, masks)
    for epoch in range(epochs):
        seen, targets = reading(torch.arange(len(rows)), epoch)
        for n, pair in enumerate(zip(seen.tolist(), targets.tolist())):
            found[n, str(pair)] += 1
    return found


def foretelling(seed: int, rate: float, steps: int, batches: Callable) -> float:
    """Nats per hidden token of fresh rows after a training; `batches(hiding)` yields what is seen
    and asked."""
    config = model.Config(
        context=LENGTH, d_model=32, heads=2, layers=2, std=0.1, dropout=0.0,
        learning_rate=rate, warmup=steps // 10, pretrain_steps=steps,
    )  # fmt: skip
    torch.manual_seed(seed)
    net = model.RoBERTa(config, SYMBOLS)
    learner = model.Learner(config, net, Masters(net.parameters()), seed, SYMBOLS)
    for i, (seen, targets) in enumerate(batches(learner.hiding)):
        learner.descend(net(seen, None, targets)[:, 0].sum() / (targets >= 0).sum(), i)
    return learner.held_out([language(FRESH, seed=-1)])


@cache
def with_masks(masks: int | None, seed: int) -> float:
    """After 40 epochs of few rows."""

    def batches(hiding):
        reading = Masks(hiding, language(ROWS, seed), masks)
        for epoch in range(EPOCHS):
            for chosen in torch.randperm(ROWS).split(ROWS // 4):
                yield reading(chosen, epoch)

    return foretelling(seed, 3e-3, 4 * EPOCHS, batches)


def anew_against_one_mask(seeds: Sequence[int]) -> Pair:
    anew, once, ten = ({seed: with_masks(n, seed) for seed in seeds} for n in (None, 1, 10))
    means = [sum(each.values()) / len(each) for each in (anew, ten, once)]
    told = "anew {:.2f}, ten masks {:.2f}, one mask {:.2f} nats on average".format(*means)
    return Pair(anew, once, sign=-1, note=told)


@cache
def with_batches(batch: int, seed: int, rate: float | None = None) -> float:
    """After as many passes over many rows, so larger batches take fewer steps."""
    rows = language(MANY, seed)

    def batches(hiding):
        for _ in range(PASSES):
            for chosen in torch.randperm(MANY).split(batch):
                yield hiding(rows[chosen])

    return foretelling(seed, rate or RATES[batch], PASSES * MANY // batch, batches)


def large_against_small_batches(seeds: Sequence[int]) -> Pair:
    large, small = ({seed: with_batches(batch, seed) for seed in seeds} for batch in (64, 16))
    note = f"rates {RATES[64]} and {RATES[16]}, each the best of three for its batch"
    return Pair(large, small, sign=-1, note=note)
