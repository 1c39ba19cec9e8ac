"""How the claims of claims.py are measured."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from common.evidence import measuring
from common.evidence.claims import Equal, Exact, Pair
from papers.bidirectional_rnn import PAPER
from papers.bidirectional_rnn.evidence import baseline, experiments, twins
from papers.bidirectional_rnn.version2 import model
from papers.rnn.version2 import model as rnn

# -- exact --------------------------------------------------------------------------------------


def parameters() -> Exact:
    """Of both directions, for the defaults of version 2: twice those of a regular network."""

    def recurrent(directions: int) -> int:
        net = model.BRNN(model.Config(directions=directions), 1)
        return sum(w.numel() for w in (net.w_x, net.w_h, net.b_h))

    return Exact(recurrent(2), 2 * recurrent(1))


def directions_stay_apart() -> Exact:
    """The largest change of forward states before, and of backward states behind, a changed word;
    -1 if the other states stay as they are, too."""
    ours, _ = twins.version2()
    x = torch.randn(1, 9, twins.E, generator=torch.Generator().manual_seed(0))
    lengths = torch.tensor([9])
    before, worst = ours.states(x, lengths), 0.0
    for t in range(9):
        changed = x.clone()
        changed[0, t] += 1
        moved = (ours.states(changed, lengths) - before).abs()[0]
        forward, backward = moved.chunk(2, 1)
        if not (forward[t:].sum(1) > 0).all() or not (backward[: t + 1].sum(1) > 0).all():
            return Exact(-1.0, 0.0)
        worst = max(worst, forward[:t].sum().item(), backward[t + 1 :].sum().item())
    return Exact(worst, 0.0)


def regular_network() -> Exact:
    """The largest difference between states without the backward ones and those of papers/rnn."""
    torch.manual_seed(0)
    ours = model.BRNN(model.Config(embedding=twins.E, hidden=twins.H, directions=1), 6).eval()
    theirs = rnn.RNN(rnn.Config(hidden=twins.H), 6)
    with torch.no_grad():
        theirs.w_xh.copy_(ours.embeddings @ ours.w_x[0])
        theirs.w_hh.copy_(ours.w_h[0])
        theirs.w_hy, theirs.b_y = ours.w_y, ours.b_y
    sentence = torch.tensor([[3, 1, 4, 1, 5, 2]])
    pairs = [(ours.outputs(sentence, torch.tensor([6])), theirs(sentence)[0])]
    return Exact(measuring.worst(pairs), 0.0, tolerance=1e-6)


def sides_add_up() -> Exact:
    """The largest interaction of both sides: how much more an output changes with what stands
    before it where what stands behind it changes, too. Infinite if it does not change at all."""
    ours, rng = twins.version2()[0].double(), torch.Generator().manual_seed(0)
    before, behind = torch.randn(2, 2, 4, twins.E, generator=rng).double()
    middle = torch.randn(1, twins.E, generator=rng).double()
    x = torch.stack([torch.cat([a, middle, b]) for a in before for b in behind])
    with torch.no_grad():
        y = (ours.states(x, torch.full((4,), 9)) @ ours.w_y + ours.b_y)[:, 4]
    if (y[0] == y[1]).any() or (y[0] == y[2]).any():
        return Exact(math.inf, 0.0)
    return Exact((y[0] - y[1] - y[2] + y[3]).abs().max().item(), 0.0, tolerance=1e-12)


# -- equivalence --------------------------------------------------------------------------------


def version2_is_torchs() -> Equal:
    """States and gradients of packed sentences."""
    return measuring.equal(twins.version2_pairs(*twins.version2()))


def version1_is_unpacked() -> Equal:
    """States of a padded batch that is not packed."""
    return measuring.equal(twins.version1_pairs())


def versions_agree() -> Equal:
    """Outputs and gradients where there is no padding."""
    return measuring.equal(twins.versions_pairs())


# -- directions ---------------------------------------------------------------------------------


def both_sides(seeds: Sequence[int]) -> Pair:
    """Wrong classes, %: whether two inputs, one on each side, are both heads."""
    ours = experiments.over(seeds, lambda seed: experiments.wrong_classes(2, seed))
    theirs = experiments.over(seeds, lambda seed: experiments.wrong_classes(1, seed))
    return Pair(ours, theirs, sign=-1)


def no_delay(seeds: Sequence[int]) -> Pair:
    """Unexplained variance, %: against the regular network with the best delay."""
    best = experiments.best_delay()
    theirs = experiments.over(seeds, lambda seed: experiments.delayed(seed, best))
    note = f"the best of {len(experiments.DELAYS)} delays, chosen on other seeds: {best} steps"
    return Pair(experiments.over(seeds, experiments.in_both), theirs, sign=-1, note=note)


def merged_experts(seeds: Sequence[int]) -> Pair:
    """Unexplained variance, %: against the mean of two networks that were trained apart."""
    ours = experiments.over(seeds, experiments.in_both)
    return Pair(ours, experiments.over(seeds, experiments.merged), sign=-1)


def bag_of_words() -> float:
    """Wrong sentences of the test split, %."""
    return baseline.wrong(PAPER.dataset)
