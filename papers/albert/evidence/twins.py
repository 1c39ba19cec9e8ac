"""Our networks and transformers' AlbertForPreTraining with the same weights."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.util import find_spec

import torch

from common.data.images import load_torchvision
from common.evidence import measuring
from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.albert.version1 import model as model1
from papers.albert.version2 import model as model2

PIECES, LENGTH, HEADS, LAYERS = 23, 12, 4, 3
SIZES = {"pieces": PIECES, "context": LENGTH, "d_model": 32, "embedding": 8}


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


def theirs(kind: str = "AlbertForPreTraining", **changes):
    """transformers' ALBERT with random values everywhere, so that no 0 or 1 hides a mistake."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sizes = {
            "vocab_size": PIECES, "embedding_size": 8, "hidden_size": 32,
            "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": 128,
            "max_position_embeddings": LENGTH,
        }  # fmt: skip
        config = library().AlbertConfig(**{**sizes, **changes})
        return randomised(getattr(library(), kind)(config).eval())


def randomised(net, seed: int = 1, scale: float = 0.3):
    """Random values in every weight."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=rng) * scale + (p.dim() == 1) * 0.5)
    return net


def examples() -> tuple[torch.Tensor, ...]:
    """Padded tokens, segments, targets (-1 where nothing was hidden), whether swapped."""
    rng = torch.Generator().manual_seed(2)
    tokens = torch.randint(5, PIECES, (3, LENGTH), generator=rng)
    tokens[1, 8:] = 0
    segments = (torch.arange(LENGTH) > 5).long().expand(3, -1) * (tokens > 0)
    targets = tokens.where(torch.rand(tokens.shape, generator=rng) < 0.4, torch.tensor(-1))
    return tokens, segments, targets.masked_fill(tokens == 0, -1), torch.tensor([0, 1, 1])


def asked(net):
    tokens, segments, targets, swapped = examples()
    return net(
        input_ids=tokens, token_type_ids=segments, attention_mask=(tokens > 0).long(),
        labels=targets.masked_fill(targets < 0, -100), sentence_order_label=swapped,
        output_hidden_states=True,
    )  # fmt: skip


def compared(ours, net, pairs) -> float:
    """The largest difference of states, scores, losses and gradients; `pairs` of parameters, the
    gradient of ours and what theirs make of it."""
    tokens, segments, targets, swapped = examples()
    seen, reference = tokens > 0, asked(net)
    x = ours.encode(tokens, segments)
    nats = ours(tokens, segments, targets, swapped)
    value = nats[:, 0].sum() / (targets >= 0).sum() + nats[:, 1].mean()
    value.backward()
    reference.loss.backward()
    found = [
        (x[seen], reference.hidden_states[-1][seen]),
        (ours.pieces(x)[seen], reference.prediction_logits[seen]),
        (ours.follows(ours.pool(x, tokens)), reference.sop_logits),
        (value, reference.loss),
    ]
    return measuring.worst([*found, *pairs()])


def worst_of_version2(**changes) -> float:
    net = theirs(**changes)
    layers, heads = net.config.num_hidden_layers, net.config.num_attention_heads
    ours = model2.load_published(net.state_dict(), heads, layers)

    def gradients():
        named = {n.removeprefix("albert."): p for n, p in net.named_parameters()}
        for name, p in ours.named_parameters():
            parts = model2.published(name)
            if parts[0] in named:
                yield p.grad, torch.cat([named[part].grad for part in parts])

    return compared(ours, net, gradients)


def worst_of_version1() -> float:
    """With the exact GELU, and the sum of its layers' gradients: they begin alike."""
    net = theirs(hidden_act="gelu")
    ours = model1.ALBERT(model1.Config(**SIZES, heads=HEADS, layers=LAYERS), PIECES).eval()
    made = pairs_of_version1(ours, net)
    with torch.no_grad():
        for mine, other in made:
            for p in mine:
                p.copy_(other.t() if turned(p, ours) else other)

    def gradients():
        for mine, other in made:
            grad = other.grad.t() if turned(mine[0], ours) else other.grad
            yield sum(p.grad for p in mine), grad

    return compared(ours, net, gradients)


def turned(p, net) -> bool:
    """Whether ours is a matrix of a product, and no table."""
    return p.dim() == 2 and not any(p is t for t in (net.tokens, net.positions, net.segments))


def pairs_of_version1(ours, net) -> list[tuple]:
    """Ours, the same of all layers together, and theirs."""
    base, words = net.albert, net.albert.embeddings
    layer = base.encoder.albert_layer_groups[0].albert_layers[0]
    found = [
        ([ours.tokens], words.word_embeddings.weight),
        ([ours.positions], words.position_embeddings.weight),
        ([ours.segments], words.token_type_embeddings.weight),
        ([ours.b_pieces], net.predictions.bias),
    ]
    products = [
        ([ours.w_widen], [ours.b_widen], base.encoder.embedding_hidden_mapping_in),
        ([ours.w_pool], [ours.b_pool], base.pooler),
        ([ours.w_turn], [ours.b_turn], net.predictions.dense),
        ([ours.w_follows], [ours.b_follows], net.sop_classifier.classifier),
    ]
    attention = [one.attention for one in ours.layers]
    for ending, other in (("q", "query"), ("k", "key"), ("v", "value"), ("o", "dense")):
        weights, biases = ([getattr(a, f"{x}_{ending}") for a in attention] for x in "wb")
        products.append((weights, biases, getattr(layer.attention, other)))
    for ending, other in ((1, layer.ffn), (2, layer.ffn_output)):
        weights, biases = (
            [getattr(one.feed, f"{x}_{ending}") for one in ours.layers] for x in "wb"
        )
        products.append((weights, biases, other))
    norms = [([ours.norm], words.LayerNorm), ([ours.turned], net.predictions.LayerNorm)]
    norms += [([one.norms[0] for one in ours.layers], layer.attention.LayerNorm)]
    norms += [([one.norms[1] for one in ours.layers], layer.full_layer_layer_norm)]
    for weights, biases, other in products:
        found += [(weights, other.weight), (biases, other.bias)]
    for ones, other in norms:
        found += [([n.gain for n in ones], other.weight), ([n.bias for n in ones], other.bias)]
    return found


def worst_of_classifier() -> float:
    """Scores of the classes, loss and gradients, after loading its weights."""
    net = theirs("AlbertForSequenceClassification", num_labels=3)
    ours = model2.load_published(net.state_dict(), HEADS, LAYERS)
    tokens, _, _, _ = examples()
    labels = torch.tensor([2, 0, 1])
    reference = net(input_ids=tokens, attention_mask=(tokens > 0).long(), labels=labels)
    scores = ours(tokens)
    value = torch.nn.functional.cross_entropy(scores, labels)
    value.backward()
    reference.loss.backward()
    found = [(scores, reference.logits), (value, reference.loss)]
    named = {n.removeprefix("albert."): p for n, p in net.named_parameters()}
    for name, p in ours.named_parameters():
        parts = model2.published(name)
        if parts[0] in named:
            found.append((p.grad, torch.cat([named[part].grad for part in parts])))
    return measuring.worst(found)
