"""Our networks and transformers' RobertaForMaskedLM with the same weights."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.util import find_spec

import torch

from common.data.images import load_torchvision
from common.evidence import measuring
from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.bert.version2 import model as bert2
from papers.roberta.version2 import model as model2

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


def theirs(kind: str = "RobertaForMaskedLM", layers: int = 2, **changes):
    """transformers' RoBERTa with random values everywhere, so that no 0 or 1 hides a mistake."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sizes = {
            "vocab_size": PIECES, "hidden_size": 32, "num_hidden_layers": layers,
            "num_attention_heads": HEADS, "intermediate_size": 128, "layer_norm_eps": 1e-5,
            "max_position_embeddings": LENGTH + 2, "type_vocab_size": 1, "pad_token_id": 1,
        }  # fmt: skip
        config = library().RobertaConfig(**{**sizes, **changes})
        return randomised(getattr(library(), kind)(config).eval())


def randomised(net, seed: int = 1, scale: float = 0.3):
    """Random values in every weight."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=rng) * scale + (p.dim() == 1) * 0.5)
    return net


def examples() -> tuple[torch.Tensor, torch.Tensor]:
    """Tokens (B, T), padded, one row as long as the context; targets, -1 where nothing is hidden."""
    rng = torch.Generator().manual_seed(2)
    tokens = torch.randint(5, PIECES, (3, LENGTH), generator=rng)
    tokens[:, 0] = 0
    tokens[1, 8:] = 1
    targets = tokens.where(torch.rand(tokens.shape, generator=rng) < 0.4, torch.tensor(-1))
    return tokens, targets.masked_fill(tokens < 5, -1)


def worst_of_version2() -> float:
    """The largest difference of states, scores, loss and gradients."""
    net = theirs()
    ours = model2.load_published(net.state_dict(), HEADS)
    return compared(ours, net, pairs_of_version2(ours, net), ours.pieces)


def pairs_of_version2(ours, net):
    """Our parameters, each with those of theirs that it is made of."""
    named = dict(net.named_parameters())
    back = {new: old for old, new in model2.RENAMED.items()}
    for name, p in ours.named_parameters():
        parts = bert2.published(name)
        for new, old in back.items():
            parts = [old + n.removeprefix(new) if n.startswith(new) else n for n in parts]
        if not parts[0].startswith("classifier"):
            yield (p,), [named[n] if n in named else named[f"roberta.{n}"] for n in parts]


def compared(ours, net, pairs, pieces) -> float:
    tokens, targets = examples()
    seen = tokens != 1
    reference = net(
        input_ids=tokens, attention_mask=seen.long(), output_hidden_states=True,
        labels=targets.masked_fill(targets < 0, -100),
    )  # fmt: skip
    x = ours.encode(tokens)
    value = ours(tokens, targets=targets)[:, 0].sum() / (targets >= 0).sum()
    value.backward()
    reference.loss.backward()
    found = [
        (x[seen], reference.hidden_states[-1][seen]),
        (pieces(x[seen]), reference.logits[seen]),
        (value, reference.loss),
    ]
    for mine, others in pairs:
        found.append((torch.cat([p.grad for p in mine]), torch.cat([o.grad for o in others])))
    return measuring.worst(found)


def worst_of_classes() -> float:
    """Scores of the classes, of RobertaForSequenceClassification."""
    net = theirs("RobertaForSequenceClassification")
    ours = model2.load_published(net.state_dict(), HEADS)
    tokens, _ = examples()
    with torch.no_grad():
        reference = net(input_ids=tokens, attention_mask=(tokens != 1).long())
        return measuring.worst([(ours(tokens), reference.logits)])
