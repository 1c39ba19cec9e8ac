"""How the claims of claims.py are measured."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from common.evidence.claims import NOT_MEASURED, Equal, Exact, Pair, Unmeasured
from common.evidence.deviations import injection
from common.evidence.measuring import parameters
from common.exams.ngrams import ngram_baseline
from common.exams.reading import Windows
from common.paper import room
from papers.mamba import PAPER
from papers.mamba.evidence import experiments, twins
from papers.mamba.task import Exam
from papers.mamba.version1 import model as model1
from papers.mamba.version2 import model as model2
from papers.mamba.version3 import model as model3

VOCABULARY = 50_280  # of GPT-NeoX, filled up to a multiple of eight
# width and layers of App. E.2, Table 12, and how many parameters the published weights have.
PUBLISHED = {
    "130m": (768, 24, 129_135_360),
    "370m": (1024, 48, 371_516_416),
    "790m": (1536, 48, 793_204_224),
    "1.4b": (2048, 48, 1_372_178_432),
    "2.8b": (2560, 64, 2_768_345_600),
}


# -- exact --------------------------------------------------------------------------------------


def count(size: str) -> Exact:
    """Parameters of a published model, without building it."""
    width, layers, printed = PUBLISHED[size]
    config = model3.Config(d_model=width, layers=layers)
    return Exact(parameters(lambda: model3.Mamba(config, VOCABULARY)), printed)


def theorem(scan=model1.selective_scan) -> Exact:
    """The largest difference of version 1's scan with N = 1, A = -1, B = 1 from the gate of
    Theorem 1: h_t = (1 - g_t) h_(t-1) + g_t x_t, g_t = sigmoid(s_t), Delta_t = softplus(s_t)."""
    rng = torch.Generator().manual_seed(0)
    x, s = (torch.randn(3, 50, 7, generator=rng, dtype=torch.double) for _ in range(2))
    one, a, h = torch.ones(3, 50, 1).double(), -torch.ones(7, 1).double(), torch.zeros(3, 7, 1)
    y, _ = scan(x, torch.nn.functional.softplus(s), a, one, one, h.double())
    g, states, state = s.sigmoid(), [], torch.zeros(3, 7).double()
    for x_t, g_t in zip(x.unbind(1), g.unbind(1), strict=True):
        state = (1 - g_t) * state + g_t * x_t
        states.append(state)
    return Exact((y - torch.stack(states, 1)).abs().max().item(), 0.0, tolerance=1e-12)


@twins.as_trained()
def three_ways() -> Exact:
    """Scores of one net of version 3: read at once by the compiled scan, at once by version 2's
    pieces, and token by token. The largest difference."""
    if twins.built() is None:
        raise Unmeasured(NOT_MEASURED, "needs a C++ compiler")
    torch.manual_seed(0)
    net = model3.Mamba(model3.Config(d_model=24, layers=2), 11)
    other = model2.Mamba(model2.Config(d_model=24, layers=2), 11)
    other.load_state_dict(net.state_dict())
    tokens = torch.randint(11, (2, 75), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        whole, state, steps = net(tokens)[0], None, []
        for token in tokens.split(1, 1):
            scores, state = net(token, state)
            steps.append(scores)
        found = (other(tokens)[0], torch.cat(steps, 1))
    return Exact(max((f - whole).abs().max().item() for f in found), 0.0, tolerance=1e-5)


def state_stays_as_large() -> Exact:
    """Numbers that the 130 million carry from token to token: L E (N + W - 1), whatever was read.
    Compared at small size after 3 and after 300 tokens, and counted at the published one."""
    net = model3.Mamba(model3.Config(d_model=16, layers=2), 11)
    with torch.no_grad():
        sizes = {net(torch.ones(1, n, dtype=torch.long))[1].numel() for n in (3, 300)}
    assert sizes == {2 * 32 * (16 + 3)}
    with torch.device("meta"):
        whole = model3.Mamba(model3.Config(), VOCABULARY).begin(1)
    return Exact(whole.numel(), 24 * 1536 * (16 + 3))


@twins.as_trained()
def the_future_changes_nothing() -> Exact:
    """The largest change of a score when all tokens behind it are others."""
    torch.manual_seed(0)
    net = model3.Mamba(model3.Config(d_model=24, layers=2), 11)
    tokens = torch.randint(11, (2, 40), generator=torch.Generator().manual_seed(1))
    changed = tokens.clone()
    changed[:, 23:] = (changed[:, 23:] + 3) % 11
    with torch.no_grad():
        before, after = (net(rows)[0][:, :23] for rows in (tokens, changed))
    return Exact((before - after).abs().max().item(), 0.0, tolerance=1e-6)


# -- equivalence --------------------------------------------------------------------------------


def version3_is_published() -> Equal:
    return Equal(twins.worst(), 1e-5)


def version2_is_published() -> Equal:
    return Equal(twins.worst(model2), 1e-5)


def scans_as_mambapy() -> Equal:
    return Equal(max(twins.worst_of_scans(m) for m in (model2, model3)), 1e-5)


def holds_as_scipy() -> Equal:
    return Equal(twins.worst_of_steps(), 1e-12)


# -- directions ---------------------------------------------------------------------------------


def copies_selectively(seeds: Sequence[int]) -> Pair:
    """Wrong answers in selective copying, against constant Delta, B and C."""
    better = {seed: experiments.copies(seed) for seed in seeds}
    with injection(room("mamba"), PAPER.newest, "fixed_parameters"):
        worse = {seed: experiments.copies(seed) for seed in seeds}
    return Pair(better, worse, sign=-1)


def induces_further(seeds: Sequence[int]) -> Pair:
    """Wrong answers of induction heads 16 times as long as in training, against GPT-2."""
    found = [{s: experiments.extrapolates(n, s) for s in seeds} for n in ("mamba", "gpt2")]
    return Pair(*found, sign=-1)


def reads_as_gpt2(seeds: Sequence[int]) -> Pair:
    """Bits per character after 400 steps, each model read as it was trained."""
    exam = Exam(PAPER.dataset)
    better = {seed: experiments.reads("mamba", seed, exam) for seed in seeds}
    exam.rule = Windows(experiments.GPT2["context"])
    return Pair(better, {s: experiments.reads("gpt2", s, exam) for s in seeds}, sign=-1)


def six_grams() -> float:
    """Bits per character of papers/gpt2's table of counts on the test split."""
    return ngram_baseline(PAPER.dataset, 6, "witten-bell")
