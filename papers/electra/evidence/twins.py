"""Our pairs and the two nets of transformers, ElectraForPreTraining and ElectraForMaskedLM, with
the same weights."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.util import find_spec

import torch

from common.data.images import load_torchvision
from common.evidence import measuring
from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.electra.version1 import model as model1
from papers.electra.version2 import model as model2

PIECES, LENGTH, HEADS = 23, 12, 4


@cache
def library():
    """The module transformers."""
    if find_spec("transformers") is None:
        raise Unmeasured(NOT_MEASURED, "transformers is not installed")
    if find_spec("torchvision"):
        load_torchvision()  # transformers imports it, and needs help where its build is another
    import transformers

    transformers.logging.set_verbosity_error()
    return transformers


def randomised(net, seed: int = 1, scale: float = 0.3):
    """Random values in every weight."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=rng) * scale + (p.dim() == 1) * 0.5)
    return net


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
    """Padded tokens with gaps, and targets, -1 where nothing was hidden. So many gaps that some
    draws are right."""
    rng = torch.Generator().manual_seed(2)
    tokens = torch.randint(5, PIECES, (40, LENGTH), generator=rng)
    tokens[::3, 8:] = 0
    at = (torch.rand(tokens.shape, generator=rng) < 0.4) & (tokens > 0)
    return tokens.masked_fill(at, 4), tokens.masked_fill(~at, -1)


def their_losses(large, small, seen, targets, corrupted, replaced=None):
    """What they lose on the same text, and their scores of gaps and marks."""
    tokens, told = seen.where(targets < 0, targets), targets.masked_fill(targets < 0, -100)
    mask = (tokens > 0).long()
    replaced = corrupted != tokens if replaced is None else replaced
    filled = small(input_ids=seen, attention_mask=mask, labels=told)
    return filled, large(input_ids=corrupted, attention_mask=mask, labels=replaced.long())


def worst_of_version2(embedding: int = 16) -> float:
    """The largest difference of scores, marks, losses, and gradients of the whole loss: those of
    the embeddings come from both nets."""
    large, small = pair(embedding)
    ours = model2.load_published(large.state_dict(), small.state_dict(), HEADS)
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
        (ours.discriminator.marks(corrupted, ~here)[here], marked.logits[here]),
        (losses[0], filled.loss),
        (losses[1], marked.loss),
    ]
    named = {"discriminator": large, "generator": small}
    named = {owner: dict(net.named_parameters()) for owner, net in named.items()}
    for name, p in ours.named_parameters():
        if "classes" not in name:
            owner, parts = model2.published(name)
            other = torch.cat([named[owner][part].grad for part in parts])
            first = int("tokens" in name)  # theirs learns nothing of a [PAD] that is read
            pairs.append((p.grad[first:], other[first:]))
    return measuring.worst(pairs)


def worst_of_version1() -> float:
    """As above, but its nets share nothing, and what was drawn is always a replaced token; [PAD]
    is never drawn here."""
    large = theirs("ElectraForPreTraining", 32, HEADS, 32)
    small = theirs("ElectraForMaskedLM", 16, HEADS // 2, 16)
    with torch.no_grad():
        small.generator_lm_head.bias[0] = -50.0
    config = model1.Config(
        pieces=PIECES, context=LENGTH, d_model=32, heads=HEADS, layers=2, generator=0.5
    )
    ours = model1.ELECTRA(config, PIECES).eval()
    pairs = [
        *((mine, other, ours.discriminator) for mine, other in of_discriminator(ours, large)),
        *((mine, other, ours.generator) for mine, other in of_generator(ours, small)),
    ]
    with torch.no_grad():
        for mine, other, net in pairs:
            mine.copy_(other.t() if turned(mine, net) else other)
    seen, targets = examples()
    at = targets >= 0
    scores = ours.generator(seen, at)
    torch.manual_seed(3)
    corrupted = seen.masked_scatter(at, model1.draw(scores))
    filled, marked = their_losses(large, small, seen, targets, corrupted, at)
    torch.manual_seed(3)  # the same draw
    told, found, counts = ours(seen, targets).unbind(1)
    losses = told.sum() / at.sum(), found.sum() / counts.sum()
    (losses[0] / 50 + losses[1]).backward()
    (filled.loss / 50 + marked.loss).backward()
    here = seen > 0
    compared = [
        (scores, filled.logits[at]),
        (ours.discriminator.marks(corrupted)[here], marked.logits[here]),
        (losses[0], filled.loss),
        (losses[1], marked.loss),
    ]
    for mine, other, net in pairs:
        compared.append((mine.grad, other.grad.t() if turned(mine, net) else other.grad))
    return measuring.worst(compared)


def of_discriminator(ours, large) -> list[tuple]:
    net, heads = ours.discriminator, large.discriminator_predictions
    return [
        *of_body(net, large.electra),
        *zip((net.w_turn, net.b_turn), heads.dense.parameters()),
        *zip((net.w_mark, net.b_mark), heads.dense_prediction.parameters()),
    ]


def of_generator(ours, small) -> list[tuple]:
    net, heads = ours.generator, small.generator_predictions
    return [
        *of_body(net, small.electra),
        *zip((net.w_turn, net.b_turn), heads.dense.parameters()),
        *zip((net.turned.gain, net.turned.bias), heads.LayerNorm.parameters()),
        (net.b_pieces, small.generator_lm_head.bias),
    ]


def of_body(ours, theirs) -> list[tuple]:
    """Embeddings and layers: (ours, theirs), which stand turned where they are of a product."""
    words = theirs.embeddings
    found = [
        (ours.tokens, words.word_embeddings.weight),
        (ours.positions, words.position_embeddings.weight),
        (ours.segments, words.token_type_embeddings.weight),
        *zip((ours.norm.gain, ours.norm.bias), words.LayerNorm.parameters()),
    ]
    for mine, other in zip(ours.layers, theirs.encoder.layer, strict=True):
        a, f, attention = mine.attention, mine.feed, other.attention
        products = [
            (a.w_q, a.b_q, attention.self.query),
            (a.w_k, a.b_k, attention.self.key),
            (a.w_v, a.b_v, attention.self.value),
            (a.w_o, a.b_o, attention.output.dense),
            (f.w_1, f.b_1, other.intermediate.dense),
            (f.w_2, f.b_2, other.output.dense),
        ]
        for weight, bias, layer in products:
            found += [(weight, layer.weight), (bias, layer.bias)]
        for norm, layer in zip(mine.norms, (attention.output.LayerNorm, other.output.LayerNorm)):
            found += [(norm.gain, layer.weight), (norm.bias, layer.bias)]
    return found


def turned(p, net) -> bool:
    """Whether ours is a matrix of a product, and no table."""
    return p.dim() == 2 and not any(p is t for t in (net.tokens, net.positions, net.segments))
