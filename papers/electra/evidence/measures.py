"""How the claims of claims.py are measured."""

from __future__ import annotations

import math

import torch

from common.evidence import measuring
from common.evidence.claims import Equal, Exact
from common.exams.bag_of_words import mean_error
from papers.electra import PAPER
from papers.electra.evidence import twins
from papers.electra.version2 import model

PIECES = 30_522  # of the vocabulary, which is BERT's
SIZES = {  # App. A (Table 6); 512 places in the published weights of all three
    "small": {"layers": 12, "d_model": 256, "heads": 4, "embedding": 128, "generator": 1 / 4},
    "base": {"layers": 12, "d_model": 768, "heads": 12, "embedding": 768, "generator": 1 / 3},
    "large": {"layers": 24, "d_model": 1024, "heads": 16, "embedding": 1024, "generator": 1 / 4},
}

# -- exact --------------------------------------------------------------------------------------


def net_of(size: str):
    """Of no device: for counting."""
    with torch.device("meta"):
        return model.ELECTRA(model.Config(**SIZES[size], context=512), PIECES)


def parameters(size: str) -> int:
    """Of the discriminator as it is published, without the layer for classes."""
    net = net_of(size).discriminator
    return sum(p.numel() for name, p in net.named_parameters() if not name.startswith("classes"))


def count(size: str, printed: int) -> Exact:
    """In millions, as printed; the note has it to the last one, and what the generator adds."""
    own = sum(p.numel() for p in net_of(size).generator.parameters())
    found = parameters(size)
    shown = round(found / 1e6) if size != "base" else round(found / 1e7) * 10
    return Exact(shown, printed, note=f"{found:,}; its generator adds {own:,}")


def small() -> Exact:
    return count("small", 14)


def base() -> Exact:
    """Printed as 110 million: rounded to ten millions."""
    return count("base", 110)


def large() -> Exact:
    return count("large", 335)


def loss_by_definition() -> Exact:
    """The losses of both nets against plain loops over a text's tokens: the largest difference."""
    net, (seen, targets) = a_pair(), twins.examples()
    at = targets >= 0
    with torch.no_grad():
        torch.manual_seed(3)
        found = net(seen, targets)
        scores = net.foretold(seen, at)
        torch.manual_seed(3)
        drawn = iter(model.draw(scores).tolist())
        log_p = iter(scores.double().log_softmax(-1))
        corrupted, wanted = seen.clone(), torch.zeros_like(found, dtype=torch.float64)
        places = [(b, t) for b, t in at.nonzero().tolist()]
        for b, t in places:
            corrupted[b, t] = next(drawn)
            wanted[b, 0] -= next(log_p)[targets[b, t]]
        marks = net.discriminator.marks(corrupted, seen == 0).double()
        right = sum(corrupted[b, t] == targets[b, t] for b, t in places)
        for b, t in (seen > 0).nonzero().tolist():
            truth = targets[b, t] if at[b, t] else seen[b, t]
            p = 1 / (1 + math.exp(-marks[b, t]))  # that it was replaced
            wanted[b, 1] -= math.log(p if corrupted[b, t] != truth else 1 - p)
            wanted[b, 2] += 1
    note = f"{int(right)} of {len(places)} draws were right, and count as original"
    return Exact(measuring.worst([(found, wanted)]), 0.0, tolerance=1e-4, note=note)


def a_pair():
    torch.manual_seed(0)
    config = model.Config(
        pieces=twins.PIECES, context=twins.LENGTH, d_model=32, heads=4, layers=2, embedding=16,
        generator=0.5, std=0.2,
    )  # fmt: skip
    return model.ELECTRA(config, twins.PIECES).eval()


def nothing_comes_back() -> Exact:
    """The largest gradient of the discriminator's loss at weights that are the generator's own."""
    net, (seen, targets) = a_pair(), twins.examples()
    net(seen, targets)[:, 1].sum().backward()
    own = [p.grad for p in net.generator.parameters()]
    assert any(p.grad is not None and p.grad.any() for p in net.discriminator.parameters())
    return Exact(max(float(g.abs().max()) if g is not None else 0.0 for g in own), 0.0)


def draws() -> Exact:
    """Chi-squared of 100,000 draws against the softmax of random scores, of ten pieces."""
    torch.manual_seed(0)
    scores, n = torch.randn(10), 100_000
    found = torch.bincount(model.draw(scores.expand(n, -1)), minlength=10).double()
    wanted = n * scores.double().softmax(0)
    chi = float(((found - wanted) ** 2 / wanted).sum())
    return Exact(chi < 27.88, True, note=f"{chi:.1f}, nine degrees of freedom; 27.9 at 0.1 %")


# -- equivalence --------------------------------------------------------------------------------


def is_transformers() -> Equal:
    return Equal(twins.worst_of_version2(), 1e-5)


def equally_wide_is_transformers() -> Equal:
    return Equal(twins.worst_of_version2(embedding=32), 1e-5)


def first_version_is_transformers() -> Equal:
    return Equal(twins.worst_of_version1(), 1e-5)


# -- the rival ----------------------------------------------------------------------------------


def bag_of_words() -> float:
    """Percent of wrong test sentences with all labels."""
    return mean_error(PAPER.dataset, None, range(1))
