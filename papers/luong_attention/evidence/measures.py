"""How the claims are measured."""

from __future__ import annotations

import torch

from common.evidence import measuring
from common.evidence.claims import Equal, Exact, Pair, View
from common.exams.lexicon import word_for_word_bleu
from papers.luong_attention import PAPER
from papers.luong_attention.evidence import twins
from papers.luong_attention.version1 import model as model1
from papers.luong_attention.version2 import model

STEPS = torch.arange(1, 6)


def looking(score: str, window: str, span: int = 2):
    """An attention, random states h (B, T, H) that ask, and the memory of twins.SOURCE."""
    net = twins.toy(True, score, window=window, span=span)
    h = torch.randn(3, 5, twins.H, generator=torch.Generator().manual_seed(1))
    return net.attention, h, net.start(twins.SOURCE)


def largest(differences) -> float:
    return max(float(d.detach().abs().max()) for d in differences)


# -- exact --------------------------------------------------------------------------------------


def general_with_identity_is_dot() -> Exact:
    attention, h, memory = looking("general", "global")
    dot, _, states = looking("dot", "global")
    with torch.no_grad():
        attention.w_a.copy_(torch.eye(twins.H))
    memory = attention.remember(states["keys"], twins.SOURCE)
    found = [a.weights(h, m, STEPS) for a, m in ((attention, memory), (dot, states))]
    return Exact(largest([found[0] - found[1]]), 0.0, tolerance=1e-6)


def scores_are_the_formulas() -> Exact:
    """concat and location, number by number."""
    worst = 0.0
    attention, h, memory = looking("concat", "global")
    states = twins.toy(True, "dot").start(twins.SOURCE)["keys"]
    memory = attention.remember(states, twins.SOURCE)
    for b, t, s in ((0, 0, 0), (1, 3, 2), (2, 4, 1)):
        both = torch.cat([h[b, t], states[b, s]])
        wanted = attention.v_a @ (both @ attention.w_a).tanh()
        worst = max(worst, largest([attention.scores(h, memory["keys"])[b, t, s] - wanted]))
    attention, h, memory = looking("location", "global")
    for b, t in ((0, 0), (1, 3), (2, 4)):
        n = int(memory["lengths"][b])
        wanted = (h[b, t] @ attention.w_a)[:n].softmax(0)
        worst = max(worst, largest([attention.weights(h, memory, STEPS)[b, t, :n] - wanted]))
    return Exact(worst, 0.0, tolerance=1e-6)


def concat_without_tanh_is_deaf() -> Exact:
    """How much version 1's weights, which lack it, differ from step to step."""
    torch.manual_seed(0)
    config = model1.Config(hidden=10, width=7, layers=1, score="concat", window="global", bound=1.0)
    net = model1.Luong(config, twins.SYMBOLS)
    cache, states = net.start(twins.SOURCE), torch.randn(5, 3, 10)
    looks = [net.look(h, cache, t)[1] for t, h in enumerate(states)]
    return Exact(largest(a - looks[0] for a in looks), 0.0, tolerance=1e-6)


def windows_end_where_they_should() -> Exact:
    """The weight outside [p_t - D, p_t + D] and on padding; local-m's sums to 1 all the same."""
    outside = 0.0
    for window in ("local-m", "local-p"):
        attention, h, memory = looking("general", window)
        a = attention.weights(h, memory, STEPS)
        p = attention.places(h, memory["lengths"], STEPS)[..., None].expand_as(a)
        s = torch.arange(1, a.shape[2] + 1).expand_as(a)
        beyond = ((s - p).abs() > 2) | memory["absent"][:, None]
        outside = max(outside, a[beyond].max().item())
        if window == "local-m":
            outside = max(outside, largest([a.sum(2) - 1]))
    return Exact(outside, 0.0, tolerance=1e-6)


def a_wide_window_is_the_whole_sentence() -> Exact:
    wide, h, memory = looking("general", "local-m", span=100)
    whole, _, _ = looking("general", "global")
    found = [a.weights(h, memory, STEPS) for a in (wide, whole)]
    return Exact(largest([found[0] - found[1]]), 0.0, tolerance=1e-7)


def gaussian_has_deviation_half_the_window() -> Exact:
    """Eq. 10, against the weights without it: (s - p)^2 / (2 sigma^2) with sigma = D / 2."""
    attention, h, memory = looking("general", "local-p", span=3)
    a, p = attention.weights(h, memory, STEPS), attention.places(h, memory["lengths"], STEPS)
    s = torch.arange(1, a.shape[2] + 1)
    away = s - p[..., None]
    seen = (away.abs() <= 3) & ~memory["absent"][:, None]
    plain = attention.scores(h, memory["keys"]).masked_fill(~seen, -torch.inf).softmax(2)
    return Exact(largest([a - plain * torch.exp(-(away**2) / (2 * 1.5**2))]), 0.0, tolerance=1e-6)


def steps_are_teacher_forcing() -> Exact:
    """Step by step against all at once; and without feeding, where the target is one product."""
    worst = 0.0
    for feed in (True, False):
        net = twins.toy(feed, "general", window="local-p", span=3)
        cache, whole = net.start(twins.SOURCE), net.scores(twins.SOURCE, twins.TARGET)
        for t in range(1, 6):
            step = net.step(cache, twins.TARGET[:, :t])
            worst = max(worst, largest([step - whole[:, t - 1]]))
    return Exact(worst, 0.0, tolerance=1e-5)


def padding_changes_nothing() -> Exact:
    worst = 0.0
    for score in model.SCORES:
        net = twins.toy(True, score, window="local-p", span=3)
        together = net.scores(twins.SOURCE, twins.TARGET)
        for i, source in enumerate(twins.SOURCE):
            alone = net.scores(source[None, source != 0], twins.TARGET[i : i + 1])
            worst = max(worst, largest([alone[0] - together[i]]))
    return Exact(worst, 0.0, tolerance=1e-5)


def feeding_widens_one_layer(n: int = 40) -> Exact:
    """With n cells the first layer reads 2 n numbers, the others n (footnote 11)."""
    nets = (twins.toy(feed, hidden=n, width=n, layers=3) for feed in (True, False))
    fed, not_fed = (sum(p.numel() for p in net.parameters()) for net in nets)
    return Exact(fed - not_fed, 4 * n * n, note=f"n = {n}")


# -- equivalence --------------------------------------------------------------------------------


def dot_is_torchs() -> Equal:
    return measuring.equal(twins.contexts())


def nets_are_of_torchs_parts() -> Equal:
    kinds = ((True, "dot"), (False, "dot"), (True, "general"))
    return measuring.equal([pair for kind in kinds for pair in twins.pairs(*kind)])


# -- directions ---------------------------------------------------------------------------------


def beats_word_for_word(view: View) -> Pair:
    """The lexicon is counted on the data of the record."""
    ours, dataset = view.values(PAPER.newest, "bleu"), view.record(PAPER.newest).dataset.name
    score = word_for_word_bleu(dataset)
    return Pair(ours, view.constant(score, ours), sign=+1, note=f"word for word: {score:.2f} BLEU")


def long_sentences(view: View) -> Pair:
    """BLEU of the longest third of the sentences as a share of that of the shortest. Not the
    difference: where BLEU is low it cannot fall far."""
    kept = []
    for variant in (PAPER.newest, f"{PAPER.newest}+no_attention"):
        short, long = (view.values(variant, f"bleu_{part}") for part in ("short", "long"))
        kept.append({seed: long[seed] / short[seed] if short[seed] else 0.0 for seed in short})
    return Pair(*kept, sign=+1)
