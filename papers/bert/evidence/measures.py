"""How the claims of claims.py are measured; the training is in experiments.py."""

from __future__ import annotations

import math

import torch

from common.evidence import measuring
from common.evidence.claims import Equal, Exact, Pair, View
from papers.bert import PAPER
from papers.bert.evidence import twins
from papers.bert.version2 import model

SIZES = {  # Sec. 3: L, H, A
    "base": (12, 768, 12),
    "large": (24, 1024, 16),
}
PIECES = 30_522  # of the published, uncased vocabulary
PRETRAINING = ("foretell", "follows")  # the heads of pre-training

# -- exact --------------------------------------------------------------------------------------


def parameters(size: str, heads: tuple[str, ...] = ()) -> int:
    """Of the newest version without the heads, but for those that are named."""
    layers, d, several = SIZES[size]
    with torch.device("meta"):
        net = model.BERT(model.Config(d_model=d, layers=layers, heads=several), PIECES)
    left_out = {"foretell", "follows", "classes"} - set(heads)
    return sum(p.numel() for n, p in net.named_parameters() if n.split(".")[0] not in left_out)


def base() -> Exact:
    """In millions; the note has both counts."""
    return count("base", 110)


def large() -> Exact:
    return count("large", 340)


def count(size: str, printed: int) -> Exact:
    """Rounded to ten millions, as the paper prints it."""
    body, whole = parameters(size), parameters(size, PRETRAINING)
    note = f"{body:,} without heads, {whole:,} with both of pre-training"
    return Exact(round(whole / 1e7) * 10, printed, note=note)


def masking_rates() -> Exact:
    """Chi-squared of what becomes of chosen tokens against 80, 10 and 10 %, over 100,000 of them.

    A random piece is the same by chance once in so many; 1,000 pieces in this vocabulary.
    """
    seen, targets, _ = hidden_text()
    chosen = targets >= 0
    mask, same = (seen == 4) & chosen, (seen == targets) & chosen
    n, chance = int(chosen.sum()), 0.1 / 1_000
    found = [int(mask.sum()), int(same.sum()), n - int(mask.sum()) - int(same.sum())]
    wanted = [n * (0.8 + chance), n * (0.1 + chance), n * (0.1 - 2 * chance)]
    chi = sum((a - b) ** 2 / b for a, b in zip(found, wanted))
    p = math.exp(-chi / 2)  # of two degrees of freedom
    told = ", ".join(f"{100 * x / n:.2f} %" for x in found)
    return Exact(p > 0.001, True, note=f"[MASK], the same, another: {told}; p = {p:.2f}")


def chosen_share() -> Exact:
    """Percent of tokens that are chosen, rounded."""
    _, targets, tokens = hidden_text()
    share = (targets >= 0).sum().item() / (tokens > 4).sum().item()
    return Exact(round(100 * share), 15, note=f"{100 * share:.2f} %")


def hidden_text() -> tuple[torch.Tensor, ...]:
    """What the network sees, the targets, and random tokens, two in five of which go on."""
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    pieces += [f"{'##' * (i % 5 < 2)}{i}" for i in range(995)]
    torch.manual_seed(0)
    tokens = torch.randint(5, 1_000, (5_000, 128))
    tokens[:, 0], tokens[:, -1] = 2, 3
    return (*model.Hiding(pieces, 0.15)(tokens), tokens)


def loss_of_hidden_places() -> Exact:
    """The gradient of the loss at scores of places that were not hidden, by plain reckoning: the
    largest difference of the loss from one in which these scores are anything."""
    net, (tokens, _, targets, _) = twins.version2(), twins.examples()
    found = net(tokens, None, targets)[:, 0]
    x = net.encode(tokens)
    log_p = net.pieces(x).log_softmax(-1)
    nats = -log_p.gather(-1, targets.clamp(min=0)[..., None])[..., 0]
    wanted = nats.where(targets >= 0, torch.zeros(())).sum(1)
    return Exact(measuring.worst([(found, wanted)]), 0.0, tolerance=1e-5)


# -- equivalence --------------------------------------------------------------------------------


def is_transformers() -> Equal:
    return Equal(twins.worst_of_version2(), 1e-5)


def first_version_is_transformers() -> Equal:
    return Equal(twins.worst_of_version1(), 1e-5)


def classifier_is_transformers() -> Equal:
    return Equal(twins.worst_of_classifier(), 1e-5)


# -- directions ---------------------------------------------------------------------------------


def spread_with_few_labels(view: View) -> Pair:
    """How far each seed's error with 1,000 labels is from the mean of its variant."""
    return Pair(
        apart(view.values(PAPER.newest, "error_1000")),
        apart(view.values(f"{PAPER.newest}+no_bias_correction", "error_1000")),
        sign=-1,
    )


def apart(values: dict[int, float]) -> dict[int, float]:
    mean = sum(values.values()) / len(values)
    return {seed: abs(value - mean) for seed, value in values.items()}
