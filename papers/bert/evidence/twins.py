"""Our networks and transformers' BertForPreTraining with the same weights."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.util import find_spec

import torch

from common.data.images import load_torchvision
from common.evidence import measuring
from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.bert.version1 import model as model1
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


def version2():
    """Ours with random values, without transformers."""
    config = model2.Config(pieces=PIECES, context=LENGTH, d_model=32, heads=HEADS, layers=2)
    return randomised(model2.BERT(config, PIECES)).eval()


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


def asked(net, tokens, segments, targets, follows):
    return net(
        input_ids=tokens, token_type_ids=segments, attention_mask=(tokens > 0).long(),
        labels=targets.masked_fill(targets < 0, -100), next_sentence_label=follows,
        output_hidden_states=True,
    )  # fmt: skip


def compared(ours, net, pairs, pieces) -> float:
    tokens, segments, targets, follows = examples()
    seen = tokens > 0
    reference = asked(net, tokens, segments, targets, follows)
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


def worst_of_version1() -> float:
    """As above; its matrices stand as (in, out)."""
    net = theirs()
    config = model1.Config(pieces=PIECES, context=LENGTH, d_model=32, heads=HEADS, layers=2)
    ours = model1.BERT(config, PIECES).eval()
    pairs = pairs_of_version1(ours, net)
    with torch.no_grad():
        for mine, other in pairs:
            mine.copy_(other.t() if turned(mine, ours) else other)
    tokens, segments, targets, follows = examples()
    reference = asked(net, tokens, segments, targets, follows)
    nats = ours(tokens, segments, targets, follows)
    value = nats[:, 0].sum() / (targets >= 0).sum() + nats[:, 1].mean()
    value.backward()
    reference.loss.backward()
    x, seen = ours.encode(tokens, segments), tokens > 0
    found = [
        (x[seen], reference.hidden_states[-1][seen]),
        (ours.pieces(x)[seen], reference.prediction_logits[seen]),
        (ours.follows(ours.pool(x, tokens)), reference.seq_relationship_logits),
        (value, reference.loss),
    ]
    for mine, other in pairs:
        found.append((mine.grad, other.grad.t() if turned(mine, ours) else other.grad))
    return measuring.worst(found)


def turned(p, net) -> bool:
    """Whether ours is a matrix of a product, and no table."""
    return p.dim() == 2 and not any(p is t for t in (net.tokens, net.positions, net.segments))


def pairs_of_version1(ours, net) -> list[tuple]:
    base, heads = net.bert, net.cls
    words = base.embeddings
    found = [
        (ours.tokens, words.word_embeddings.weight),
        (ours.positions, words.position_embeddings.weight),
        (ours.segments, words.token_type_embeddings.weight),
        (ours.b_pieces, heads.predictions.bias),
    ]
    layers = [
        (ours.w_pool, ours.b_pool, base.pooler.dense),
        (ours.w_turn, ours.b_turn, heads.predictions.transform.dense),
        (ours.w_follows, ours.b_follows, heads.seq_relationship),
    ]
    norms = [(ours.norm, words.LayerNorm), (ours.turned, heads.predictions.transform.LayerNorm)]
    for mine, other in zip(ours.layers, base.encoder.layer, strict=True):
        a, f, attention = mine.attention, mine.feed, other.attention.self
        layers += [
            (a.w_q, a.b_q, attention.query),
            (a.w_k, a.b_k, attention.key),
            (a.w_v, a.b_v, attention.value),
            (a.w_o, a.b_o, other.attention.output.dense),
            (f.w_1, f.b_1, other.intermediate.dense),
            (f.w_2, f.b_2, other.output.dense),
        ]
        norms += [
            (mine.norms[0], other.attention.output.LayerNorm),
            (mine.norms[1], other.output.LayerNorm),
        ]
    for weight, bias, layer in layers:
        found += [(weight, layer.weight), (bias, layer.bias)]
    for mine, norm in norms:
        found += [(mine.gain, norm.weight), (mine.bias, norm.bias)]
    return found


def worst_of_classifier() -> float:
    """Scores of the classes, loss and gradients, after loading its weights."""
    net = theirs("BertForSequenceClassification", num_labels=3)
    ours = model2.load_published(net.state_dict(), HEADS)
    tokens, _, _, _ = examples()
    labels = torch.tensor([2, 0, 1])
    reference = net(input_ids=tokens, attention_mask=(tokens > 0).long(), labels=labels)
    scores = ours(tokens)
    value = torch.nn.functional.cross_entropy(scores, labels)
    value.backward()
    reference.loss.backward()
    found = [(scores, reference.logits), (value, reference.loss)]
    named = dict(net.named_parameters())
    for name, p in ours.named_parameters():
        parts = [part if part in named else f"bert.{part}" for part in model2.published(name)]
        if parts[0] in named:
            found.append((p.grad, torch.cat([named[part].grad for part in parts])))
    return measuring.worst(found)
