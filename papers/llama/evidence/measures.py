# Decide here: how is each claim measured, at sizes that take seconds?
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
from papers.llama import PAPER
from papers.llama.evidence import twins
from papers.llama.task import Exam
from papers.llama.version2 import model as model2

TABLE2 = {117: (12, 768), 345: (24, 1024), 762: (36, 1280), 1542: (48, 1600)}  # printed: N, D
VOCABULARY = 50_257  # Sec. 2.3

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


def residual_std() -> Exact:
    """Of what is added to the residual path, in a net of 12 blocks."""
    torch.manual_seed(0)
    net = model2.GPT2(model2.Config(d_model=64, heads=4, context=8), 5)
    scaled = [p.flatten() for n, p in net.named_parameters() if n.endswith(".c_proj.weight")]
    return Exact(torch.cat(scaled).std().item(), 0.02 / math.sqrt(24), tolerance=1e-5)


# -- equivalence --------------------------------------------------------------------------------


def version2_is_published() -> Equal:
    return Equal(twins.worst_of_version2(), 1e-5)


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
