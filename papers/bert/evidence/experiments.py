"""A short training for a claim: a verb that agrees with a word on either side of it.

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
from papers.bert import PAPER
from papers.bert.version2 import model

STEPS, BATCH = 500, 64
NAMES = [["dog", "king", "song", "tree"], ["dogs", "kings", "songs", "trees"]]  # one, many
TIMES = [["today", "now"], ["yesterday", "then"]]  # present, past
VERBS = [["is", "was"], ["are", "were"]]  # by number and by time
FILLING = ["old", "near", "green", "very"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
PIECES = [*SPECIAL, *sum(NAMES, []), *sum(TIMES, []), *sum(VERBS, []), *FILLING]


def sentence(rng: torch.Generator) -> tuple[list[int], int]:
    """[CLS] name, fillings, verb, fillings, time [SEP], and the place of the verb."""

    def drawn(words: Sequence):
        return words[int(torch.randint(len(words), (), generator=rng))]

    number, time = drawn([0, 1]), drawn([0, 1])
    before, after = ([drawn(FILLING) for _ in range(drawn([0, 1, 2]))] for _ in range(2))
    words = [drawn(NAMES[number]), *before, VERBS[number][time], *after, drawn(TIMES[time])]
    return [2, *map(PIECES.index, words), 3], 2 + len(before)


def sentences(count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows (B, T) filled up with [PAD], and the places of their verbs (B,)."""
    rng = torch.Generator().manual_seed(seed)
    made = [sentence(rng) for _ in range(count)]
    rows = torch.tensor([row + [0] * (9 - len(row)) for row, _ in made])
    return rows, torch.tensor([at for _, at in made])


@cache
def wrong_verbs(seed: int, left_to_right: bool) -> float:
    """Percent of verbs in another form, of 500 fresh sentences: with the verb hidden, or from all
    that stands to its left, after STEPS steps of either objective on the same sentences."""
    config = model.Config(
        pieces=len(PIECES), context=9, d_model=32, heads=2, layers=2, std=0.1, dropout=0.0,
        learning_rate=3e-3, warmup=20, pretrain_steps=STEPS,
    )  # fmt: skip
    bound = injection(room("bert"), PAPER.newest, "left_to_right") if left_to_right else None
    with bound or nullcontext():
        torch.manual_seed(seed)
        net = model.BERT(config, len(PIECES))
        learner = model.Learner(config, net, Masters(net.parameters()), seed, PIECES)
        for i in range(STEPS):
            learner.pretrain(sentences(BATCH, seed * STEPS + i)[0], i)
        rows, at = sentences(500, -1 - seed)
        each = torch.arange(len(rows))
        verbs, seen = rows[each, at].clone(), rows.clone()
        if not left_to_right:
            seen[each, at] = PIECES.index("[MASK]")
        with torch.no_grad():
            x = net.eval().encode(seen)
            found = net.pieces(x[each, at - int(left_to_right)]).argmax(-1)
    return 100 * (found != verbs).double().mean().item()


def both_sides_are_needed(seeds: Sequence[int]) -> Pair:
    """Percent of wrong verbs, where number stands on the left and time on the right."""
    both, left = ({seed: wrong_verbs(seed, bound) for seed in seeds} for bound in (False, True))
    return Pair(both, left, sign=-1, note="from the left alone no more than half can be right")
