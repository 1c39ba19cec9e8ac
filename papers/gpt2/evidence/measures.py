"""How the claims of claims.py are measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import torch

from common.evidence import measuring
from common.evidence.claims import Equal, Exact, Pair
from common.exams.ngrams import ngram_baseline
from common.exams.text import predictor
from papers.gpt2 import PAPER
from papers.gpt2.evidence import twins
from papers.gpt2.task import Exam
from papers.gpt2.version2 import model as model2

TABLE2 = {117: (12, 768), 345: (24, 1024), 762: (36, 1280), 1542: (48, 1600)}  # printed: N, D
VOCABULARY = 50_257  # Sec. 2.3
GPT1_VOCABULARY = 40_478  # 40,000 merges and 478 symbols

# -- exact --------------------------------------------------------------------------------------


@cache
def parameters(printed: int, symbols: int = VOCABULARY) -> int:
    """Of version 2 at a size of Table 2, built on no device."""
    layers, d = TABLE2[printed]
    config = model2.Config(layers=layers, d_model=d, heads=d // 64)
    return measuring.parameters(lambda: model2.GPT2(config, symbols))


def count(printed: int) -> Exact:
    note = (
        "The authors say so themselves: 'our original parameter counts were wrong due to an error'"
    )
    return Exact(round(parameters(printed) / 1e6), printed, note=f"{note} (openai/gpt-2, README).")


def corrected_counts() -> Exact:
    found = ", ".join(f"{parameters(printed) / 1e6:.0f}M" for printed in TABLE2)
    return Exact(found, "124M, 355M, 774M, 1558M")


def old_vocabulary() -> Exact:
    """How many printed counts come out with the vocabulary of GPT-1 and everything else new."""
    right = sum(round(parameters(p, GPT1_VOCABULARY) / 1e6) == p for p in TABLE2)
    low, high = explaining()
    return Exact(right, len(TABLE2), note=f"so does any vocabulary from {low:,} to {high:,}")


def explaining() -> tuple[int, int]:
    """The smallest and the largest vocabulary that explain all four printed counts."""
    lows, highs = [], []
    for printed, (_, d) in TABLE2.items():
        rest = parameters(printed) - VOCABULARY * d
        lows.append(math.ceil(((printed - 0.5) * 1e6 - rest) / d))
        highs.append(math.floor(((printed + 0.5) * 1e6 - rest) / d))
    return max(lows), min(highs)


def residual_std() -> Exact:
    """Of what is added to the residual path, in a net of 12 blocks."""
    torch.manual_seed(0)
    net = model2.GPT2(model2.Config(d_model=64, heads=4, context=8), 5)
    scaled = [p.flatten() for n, p in net.named_parameters() if n.endswith(".c_proj.weight")]
    return Exact(torch.cat(scaled).std().item(), 0.02 / math.sqrt(24), tolerance=1e-5)


def the_future_changes_nothing() -> Exact:
    net, tokens = tiny(), twins.some_tokens()
    changed = tokens.clone()
    changed[:, 7:] = (changed[:, 7:] + 3) % twins.SYMBOLS
    return Exact((net(tokens)[:, :7] - net(changed)[:, :7]).abs().max().item(), 0.0)


def first_loss() -> Exact:
    """An untrained net with the published initialisation and vocabulary guesses."""
    torch.manual_seed(0)
    config = model2.Config(d_model=64, heads=4, layers=2, context=16, dropout=0.0)
    net = model2.GPT2(config, VOCABULARY)
    tokens = torch.randint(VOCABULARY, (4, 17))
    with torch.no_grad():
        value = model2.loss(net(tokens[:, :-1]), tokens[:, 1:])
    return Exact(value.item(), math.log(VOCABULARY), tolerance=0.05)


def tiny():
    config = model2.Config(context=twins.CONTEXT, d_model=32, heads=4, layers=2, dropout=0.0)
    return twins.randomised(model2.GPT2(config, twins.SYMBOLS)).eval()


def cache_equals_no_cache() -> Exact:
    """Scores token by token against scores of the whole window."""
    net, tokens = tiny(), twins.some_tokens()
    state, found = None, []
    with torch.no_grad():
        for token in tokens.split(1, dim=1):
            scores, state = net.read(token, state)
            found.append(scores)
        worst = (torch.cat(found, 1) - net(tokens)).abs().max().item()
    return Exact(worst, 0.0, tolerance=1e-5)


# -- equivalence --------------------------------------------------------------------------------


def version2_is_published() -> Equal:
    return Equal(twins.worst_of_version2(), 1e-5)


def all_sizes_are_published() -> Equal:
    """Depth and heads of the four sizes, two components to a head."""
    sizes = [(twins.LAYERS[name], heads, 2 * heads) for name, heads in twins.HEADS.items()]
    return Equal(max(twins.worst_of_version2(*size) for size in sizes), 1e-5)


def version1_is_published_but_for_its_slips() -> Equal:
    return Equal(twins.worst_of_version1(), 1e-5)


# -- directions ---------------------------------------------------------------------------------


def ngrams(order: int = 6) -> float:
    """Bits per character of the table of counts on the test split."""
    return ngram_baseline(PAPER.dataset, order, "witten-bell")


SCALING = {"merges": None, "context": 32, "heads": 2, "layers": 1, "dropout": 0.0, "batch": 16}


def wider_is_better(seeds: Sequence[int]) -> Pair:
    """Two widths, everything else alike but the size of the first weights."""
    wide, narrow = ({seed: bits_at_width(d, seed) for seed in seeds} for d in (64, 32))
    return Pair(wide, narrow, sign=-1)


def bits_at_width(d_model: int, seed: int, steps: int = 300) -> float:
    """Held-out bits per character of version 2 after a short training."""
    from common.run.engine import Masters

    std = 0.02 * math.sqrt(768 / d_model)
    config = model2.Config(
        **SCALING, d_model=d_model, std=std, learning_rate=0.006, warmup=30, beta2=0.99, steps=steps
    )
    exam = _exam(config)
    torch.manual_seed(seed)
    net = model2.GPT2(config, exam.symbols)
    learner = model2.Learner(config, net, Masters(net.parameters()), seed)
    tokens = torch.as_tensor(exam.train)
    for i in range(steps):
        learner.step(tokens, i)
    return exam.score(predictor(net, net.read), exam.parts.validation[:16_384])


@cache
def _exam(config) -> Exam:
    return Exam(PAPER.dataset, config, model2.vocabulary)
