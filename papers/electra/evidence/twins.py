"""Our pairs and the two nets of transformers, ElectraForPreTraining and ElectraForMaskedLM, with
the same weights."""

from __future__ import annotations

import warnings

import torch

from common.evidence import measuring
from papers.bert.evidence.twins import library, randomised
from papers.electra.version2 import model as model2
from papers.electra.version2.published import load_published, published

PIECES, LENGTH, HEADS = 23, 12, 4


def theirs(kind: str, width: int, heads: int, embedding: int, layers: int = 2):
    """transformers' with random values everywhere, so that no 0 or 1 hides a mistake."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = library().ElectraConfig(
            vocab_size=PIECES, embedding_size=embedding, hidden_size=width,
            num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=4 * width,
            max_position_embeddings=LENGTH,
        )  # fmt: skip
        return randomised(getattr(library(), kind)(config).eval())


def pair(embedding: int = 16):
    """A discriminator and a generator of half its width, on the same embeddings."""
    large = theirs("ElectraForPreTraining", 32, HEADS, embedding)
    small = theirs("ElectraForMaskedLM", 16, HEADS // 2, embedding)
    small.electra.embeddings = large.electra.embeddings
    small.generator_lm_head.weight = large.electra.embeddings.word_embeddings.weight
    return large, small


def examples() -> tuple[torch.Tensor, torch.Tensor]:
    """Padded tokens with gaps, and targets, -1 where nothing was hidden."""
    rng = torch.Generator().manual_seed(2)
    tokens = torch.randint(5, PIECES, (3, LENGTH), generator=rng)
    tokens[1, 8:] = 0
    at = (torch.rand(tokens.shape, generator=rng) < 0.4) & (tokens > 0)
    return tokens.masked_fill(at, 4), tokens.masked_fill(~at, -1)


def their_losses(large, small, seen, targets, corrupted):
    """What they lose on the same text, and their scores of gaps and marks."""
    tokens, told = seen.where(targets < 0, targets), targets.masked_fill(targets < 0, -100)
    mask = (tokens > 0).long()
    filled = small(input_ids=seen, attention_mask=mask, labels=told)
    marked = large(
        input_ids=corrupted, attention_mask=mask, labels=(corrupted != tokens).long() * mask
    )
    return filled, marked


def worst_of_version2(embedding: int = 16) -> float:
    """The largest difference of scores, marks, losses, and gradients of the whole loss: those of
    the embeddings come from both nets."""
    large, small = pair(embedding)
    ours = load_published(large.state_dict(), small.state_dict(), HEADS)
    seen, targets = examples()
    at = targets >= 0
    scores = ours.foretold(seen, at)
    torch.manual_seed(3)
    corrupted = seen.masked_scatter(at, model2.draw(scores))
    filled, marked = their_losses(large, small, seen, targets, corrupted)
    torch.manual_seed(3)  # the same draw
    told, found, counts = ours(seen, targets).unbind(1)
    losses = told.sum() / at.sum(), found.sum() / counts.sum()
    (losses[0] / 50 + losses[1]).backward()  # 50 would enlarge what roundings differ by
    (filled.loss / 50 + marked.loss).backward()
    here = seen > 0
    pairs = [
        (scores, filled.logits[at]),
        (ours.discriminator.marks(corrupted)[here], marked.logits[here]),
        (losses[0], filled.loss),
        (losses[1], marked.loss),
    ]
    named = {"discriminator": large, "generator": small}
    named = {owner: dict(net.named_parameters()) for owner, net in named.items()}
    for name, p in ours.named_parameters():
        if "classes" not in name:
            owner, parts = published(name)
            pairs.append((p.grad, torch.cat([named[owner][part].grad for part in parts])))
    return measuring.worst(pairs)
