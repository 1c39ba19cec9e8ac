"""A short training for a claim: texts with a topic and with an order, and two questions about them.

Sizes and rates were chosen with the seeds 100 and 101, on which no claim is judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from functools import cache

import torch

from common.evidence.claims import Pair
from common.evidence.deviations import injection
from common.paper import room
from common.run.engine import Masters
from papers.albert import PAPER
from papers.albert.version2 import model

STEPS, BATCH, HELD_OUT = 150, 32, 200
TOPICS = [["dog", "bone", "leash"], ["king", "crown", "court"], ["song", "drum", "choir"],
          ["tree", "leaf", "root"]]  # fmt: skip
HOURS = ["dawn", "morning", "noon", "evening", "dusk", "night"]  # always in this order
FILLING = ["old", "near", "green", "very"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = [*SPECIAL, *sum(TOPICS, []), *HOURS, *FILLING]


def text(rng: torch.Generator) -> list[list[int]]:
    """Four sentences on a topic, each at a later hour: an hour, a word of the topic, a filling."""

    def drawn(words: Sequence):
        return words[int(torch.randint(len(words), (), generator=rng))]

    topic = drawn(TOPICS)
    hours = sorted(torch.randperm(len(HOURS), generator=rng)[:4].tolist())
    sentences = ([HOURS[hour], drawn(topic), drawn(FILLING)] for hour in hours)
    return [[PIECES.index(word) for word in sentence] for sentence in sentences]


def texts(count: int, seed: int) -> list[list[list[int]]]:
    rng = torch.Generator().manual_seed(seed)
    return [text(rng) for _ in range(count)]


@cache
def wrong_orders(seed: int, question: str) -> float:
    """Percent of fresh pairs, half of them swapped, whose order the network tells wrongly, after
    STEPS steps with the question "sop" or "nsp"."""
    config = model.Config(
        pieces=len(PIECES), context=16, embedding=16, d_model=32, heads=2, layers=2, std=0.1,
        learning_rate=3e-3, warmup=20, pretrain_steps=STEPS,
    )  # fmt: skip
    bound = injection(room("albert"), PAPER.newest, "nsp") if question == "nsp" else nullcontext()
    with bound:
        torch.manual_seed(seed)
        net = model.ALBERT(config, len(PIECES))
        learner = model.Learner(config, net, Masters(net.parameters()), seed, PIECES)
        for i in range(STEPS):
            learner.pretrain(texts(BATCH, seed * STEPS + i), i)
    pairs = []
    for n, (first, second, third, fourth) in enumerate(texts(HELD_OUT, -1 - seed)):
        early, late = first + second, third + fourth
        pairs.append((late, early, 1) if n % 2 else (early, late, 0))
    return learner.wrong_orders([pairs])


def order_needs_the_question(seeds: Sequence[int]) -> Pair:
    """Percent of wrong orders, asked for order or asked for what follows."""
    sop, nsp = ({seed: wrong_orders(seed, kind) for seed in seeds} for kind in ("sop", "nsp"))
    return Pair(sop, nsp, sign=-1, note="50 is chance")
