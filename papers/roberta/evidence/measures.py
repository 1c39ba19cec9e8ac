"""How the claims of claims.py are measured; the training is in experiments.py."""

from __future__ import annotations

from functools import cache

import torch

from common.config import plan
from common.evidence.claims import Equal, Exact
from common.exams.bag_of_words import mean_error
from common.paper import room
from papers.roberta import PAPER
from papers.roberta.evidence import experiments, twins
from papers.roberta.version2 import model

SIZES = {"base": (12, 768, 12), "large": (24, 1024, 16)}  # L, H, A of BERT
TOKENS = 50_265  # of the published vocabulary: 50,257 of GPT-2, <s>, <pad>, </s>, <unk>, ...
BERT_PIECES = 30_522  # of BERT's published vocabulary without cases

# -- exact --------------------------------------------------------------------------------------


@cache
def parameters(size: str, heads: tuple[str, ...] = ()) -> int:
    """Of embeddings and layers, and of the heads that are named, built on no device."""
    layers, d, several = SIZES[size]
    with torch.device("meta"):
        net = model.RoBERTa(model.Config(d_model=d, layers=layers, heads=several), TOKENS)
    parts = {"embed", "layers", *heads}
    return sum(p.numel() for n, p in net.named_parameters() if n.split(".")[0] in parts)


def base() -> Exact:
    return count("base", 125)


def large() -> Exact:
    return count("large", 355)


def count(size: str, printed: int) -> Exact:
    """In millions, with the head that foretells; the note has the other counts."""
    whole = parameters(size, ("foretell",))
    note = (
        f"{parameters(size):,} without heads, {parameters(size, ('pooler',)):,} with the layer "
        f"over <s>, {whole:,} with the head that foretells"
    )
    return Exact(round(whole / 1e6), printed, note=note)


def added_by_the_vocabulary() -> Exact:
    """What the rows of the larger vocabulary have, in millions."""
    found = [(TOKENS - BERT_PIECES) * SIZES[size][1] for size in SIZES]
    told = ", ".join(f"{n:,}" for n in found)
    return Exact(", ".join(str(round(n / 1e6)) for n in found), "15, 20", note=told)


def readings_of_a_mask() -> Exact:
    """How often each masked row comes by in 40 epochs of ten masks; all must come as often."""
    counted = set(experiments.readings(masks=10, epochs=40).values())
    return Exact(", ".join(map(str, sorted(counted))), "4")


def rows_of_positions() -> Exact:
    tokens = torch.full((2, 512), 7)
    tokens[1, 500:] = model.PAD
    found = model.positions(tokens)
    with torch.device("meta"):
        rows = len(model.Embeddings(model.Config(layers=1), 9).positions.weight)
    told = f"{found[0].min()} to {found[0].max()} of {rows}, padding {found[1, -1]}"
    return Exact(told, "2 to 513 of 514, padding 1")


def sentences_lost() -> Exact:
    """Of 400 sentences in 40 documents, how many are not found whole in one row."""
    rng = torch.Generator().manual_seed(0)
    words = iter(range(model.SPECIALS, 10**6))
    drawn = torch.randint(1, 20, (40, 10), generator=rng).tolist()
    documents = [[[next(words) for _ in range(n)] for n in lengths] for lengths in drawn]
    rows = [" ".join(map(str, row)) for row in model.full_sentences(documents, 64).tolist()]
    sentences = [" ".join(map(str, sentence)) for doc in documents for sentence in doc]
    lost = sum(not any(f" {s} " in row for row in rows) for s in sentences)
    full = sum(row.count(" ") + 1 - row.split().count("1") for row in rows) / (64 * len(rows))
    return Exact(lost, 0, note=f"{len(rows)} rows, {100 * full:.0f} % of their places used")


# -- equivalence --------------------------------------------------------------------------------


def is_transformers() -> Equal:
    return Equal(twins.worst_of_version2(), 1e-5)


def classifier_is_transformers() -> Equal:
    return Equal(twins.worst_of_classes(), 1e-5)


def first_version_is_transformers_but_for_positions() -> Equal:
    return Equal(twins.worst_of_version1(), 1e-5)


# -- the rival ----------------------------------------------------------------------------------


def bag_of_words() -> float:
    """Percent of wrong test sentences with all labels and no text to pre-train on."""
    return mean_error(PAPER.dataset, None, plan(room("roberta"), PAPER.newest).seeds)
