"""What to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. An injection is a function from the model to
replacements of its names; an invariant fails with the injection in.
"""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import torch
import torch.nn.functional as F

from common.run.engine import Masters

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "un", "##kind", "##ly", "film"]
SMALL = {
    "pieces": len(PIECES), "context": 16, "embedding": 8, "d_model": 16, "heads": 2, "layers": 3,
    "std": 0.2, "warmup": 0, "pretrain_steps": 1000, "learning_rate": 0.01, "tune_warmup": 0.0,
}  # fmt: skip
TEXT = [[5, 6, 7, 8], [9, 5], [9, 6, 7, 5, 9]]  # a stretch of three sentences
LONE = [[6, 7, 8, 9, 5]]


def small(model, **changes):
    torch.manual_seed(0)
    return model.ALBERT(model.Config(**{**SMALL, **changes}), len(PIECES))


def learner(model, net):
    return model.Learner(net.config, net, Masters(net.parameters()), 0, PIECES)


def row(count: int = 1):
    """[CLS] the un ##kind ##ly film the film film film the the film film the film [SEP]"""
    return torch.tensor([2, 5, 6, 7, 8, 9, 5, 9, 9, 9, 5, 5, 9, 9, 5, 3]).repeat(count, 1)


# -- one layer for all depths -------------------------------------------------------------------


def unshared(model):
    def stack(net, config):
        return [model.Layer(config) for _ in range(config.layers)]

    return {"ALBERT.stack": stack}


def depth_costs_no_parameters(model):
    sizes = {sum(p.numel() for p in small(model, layers=n).parameters()) for n in (1, 3, 6)}
    assert len(sizes) == 1, sizes


def copied_layers(model):
    """The copies come after the first numbers: drawing these must not make them differ."""
    build = model.ALBERT.__init__

    def made(net, config, *rest):
        build(net, config, *rest)
        net.layers.extend(copy.deepcopy(net.layers[0]) for _ in range(config.layers - 1))

    return {"ALBERT.__init__": made}


def depths_stay_alike_as_they_learn(model):
    net = small(model)
    learner(model, net).pretrain([TEXT, LONE], 0)
    first, last = (net.layer(depth).first.weight for depth in (0, net.config.layers - 1))
    assert torch.equal(first, last)


# -- the embedding ------------------------------------------------------------------------------


def unfactored(model):
    class Embeddings(model.Embeddings):
        def __init__(self, config, pieces):
            super().__init__(replace(config, embedding=config.d_model), pieces)

    class Foretelling(model.Foretelling):
        def __init__(self, config, pieces):
            super().__init__(replace(config, embedding=config.d_model), pieces)

    return {"Embeddings": Embeddings, "Foretelling": Foretelling}


def a_piece_costs_the_narrow_width(model):
    net = small(model)
    assert net.embed.tokens.weight.shape == (len(PIECES), SMALL["embedding"])


# -- pairs --------------------------------------------------------------------------------------


def nsp(model):
    def pair(stretch, other):
        first, second = model.halves(stretch)
        strange = int(torch.randint(2, ()))
        return (first, model.halves(other)[1], 1) if strange else (first, second, 0)

    return {"pair": pair}


def both_segments_are_of_one_text(model):
    torch.manual_seed(0)
    found = [model.pair(TEXT, LONE) for _ in range(50)]
    assert {asked for *_, asked in found} == {0, 1}
    for first, second, swapped in found:
        whole = second + first if swapped else first + second
        assert whole == sum(TEXT, [])


def strange_second(model):
    real = model.pair

    def pair(stretch, other):
        return (stretch[0], other[0], 1) if len(stretch) == 1 else real(stretch, other)

    return {"pair": pair}


def a_lone_sentence_is_swapped_with_itself(model):
    torch.manual_seed(0)
    found = [model.pair(LONE, TEXT) for _ in range(50)]
    assert {asked for *_, asked in found} == {0, 1}
    assert all(sorted(first + second) == sorted(LONE[0]) for first, second, _ in found)


def segments_travel(model):
    real = model.rows_of

    def rows_of(pairs, specials, context):
        tokens, segments, swapped = real(pairs, specials, context)
        seen = tokens != specials[0]
        return tokens, segments.where(swapped[:, None] == 0, 1 - segments) * seen, swapped

    return {"rows_of": rows_of}


def segments_do_not_tell_the_order(model):
    pairs = [([5, 6], [7], 0), ([7], [5, 6], 1)]
    _, segments, _ = model.rows_of(pairs, [0, 2, 3], 16)
    assert segments.tolist() == [[0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 1]]


# -- what is hidden -----------------------------------------------------------------------------


def single_pieces(model):
    def choose(hiding, tokens):
        special = hiding.special.to(tokens.device)[tokens]
        return (torch.rand(tokens.shape, device=tokens.device) < hiding.share) & ~special

    return {"Hiding.choose": choose}


def whole_words_are_hidden_and_often_two_in_a_row(model):
    torch.manual_seed(0)
    chosen = model.Hiding(PIECES, 0.15, 3).choose(row(3000)).float()
    assert torch.equal(chosen[:, 2], chosen[:, 3]) and torch.equal(chosen[:, 3], chosen[:, 4])
    both = (chosen[:, 7] * chosen[:, 8]).mean() / chosen[:, 7].mean()
    assert both > 0.3, both  # 0.15 if one did not depend on the other


# -- the network --------------------------------------------------------------------------------


def dropout(model):
    build = model.ALBERT.__init__

    def made(net, config, *rest):
        build(net, replace(config, dropout=0.1), *rest)

    return {"ALBERT.__init__": made}


def training_reads_twice_alike(model):
    net = small(model).train()
    assert torch.equal(net.encode(row()), net.encode(row()))


def exact_gelu(model):
    return {"gelu": F.gelu}


def gelu_is_the_published_one(model):
    x = torch.linspace(-4, 4, 101)
    cube = 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    assert torch.allclose(model.gelu(x), cube, atol=1e-6)
