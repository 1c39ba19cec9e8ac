"""Our networks and transformers' BertForPreTraining with the same weights."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.util import find_spec

import torch

from common.data.images import load_torchvision
from common.evidence import measuring
from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.bert.version2 import model as model2

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


def theirs(kind: str = "BertForPreTraining", layers: int = 2, **changes):
    """transformers' BERT with random values everywhere, so that no 0 or 1 hides a mistake."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = library().BertConfig(
            vocab_size=PIECES, hidden_size=32, num_hidden_layers=layers, num_attention_heads=HEADS,
            intermediate_size=128, max_position_embeddings=LENGTH, **changes,
        )  # fmt: skip
        return randomised(getattr(library(), kind)(config).eval())


def randomised(net, seed: int = 1, scale: float = 0.3):
    """Random values in every weight."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=rng) * scale + (p.dim() == 1) * 0.5)
    return net


def examples() -> tuple[torch.Tensor, ...]:
    """Padded tokens, segments, targets (-1 where nothing was hidden), whether pairs follow."""
    rng = torch.Generator().manual_seed(2)
    tokens = torch.randint(5, PIECES, (3, LENGTH), generator=rng)
    tokens[1, 8:] = 0
    segments = (torch.arange(LENGTH) > 5).long().expand(3, -1) * (tokens > 0)
    targets = tokens.where(torch.rand(tokens.shape, generator=rng) < 0.4, torch.tensor(-1))
    return tokens, segments, targets.masked_fill(tokens == 0, -1), torch.tensor([0, 1, 1])


def worst_of_version2() -> float:
    """The largest difference of states, scores, losses and gradients."""
    net = theirs()
    ours = model2.load_published(net.state_dict(), HEADS)
    named = dict(net.named_parameters())
    pairs = [
        ((p,), [named[part] if part in named else named[f"bert.{part}"] for part in parts])
        for p, parts in ((p, model2.published(name)) for name, p in ours.named_parameters())
        if not parts[0].startswith("classifier")
    ]
    return compared(ours, net, pairs, ours.pieces)


def compared(ours, net, pairs, pieces) -> float:
    tokens, segments, targets, follows = examples()
    seen = tokens > 0
    reference = net(
        input_ids=tokens, token_type_ids=segments, attention_mask=seen.long(),
        labels=targets.masked_fill(targets < 0, -100), next_sentence_label=follows,
        output_hidden_states=True,
    )  # fmt: skip
    x = ours.encode(tokens, segments)
    nats = ours(tokens, segments, targets, follows)
    value = nats[:, 0].sum() / (targets >= 0).sum() + nats[:, 1].mean()
    value.backward()
    reference.loss.backward()
    found = [
        (x[seen], reference.hidden_states[-1][seen]),
        (pieces(x[seen]), reference.prediction_logits[seen]),
        (ours.follows(ours.pool(x, tokens)), reference.seq_relationship_logits),
        (value, reference.loss),
    ]
    for mine, others in pairs:
        found.append((torch.cat([p.grad for p in mine]), torch.cat([o.grad for o in others])))
    return measuring.worst(found)
