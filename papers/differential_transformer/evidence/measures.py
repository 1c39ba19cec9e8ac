"""How the claims of claims.py are measured."""

from __future__ import annotations

import math

import torch

from common.evidence import measuring
from common.evidence.claims import Equal, Exact
from papers.differential_transformer import PAPER
from papers.differential_transformer.evidence import baseline, twins
from papers.differential_transformer.version2 import model

VOCABULARY = 100_288  # Table 9

# -- exact --------------------------------------------------------------------------------------


def parameters() -> Exact:
    """What the 3B model has more than ordinary attention with twice the heads: for each layer four
    vectors of lambda and the gain of a norm twice as wide."""

    def count(maps: int) -> int:
        config = model.Config(maps=maps)
        return measuring.parameters(lambda: model.DiffTransformer(config, VOCABULARY))

    config, two, one = model.Config(), count(2), count(1)
    width = config.d_model // (2 * config.heads)
    note = f"{two:,} against {one:,}"
    return Exact(two - one, config.layers * (4 + 2) * width, note=note)


def first_lambdas() -> Exact:
    """The largest difference from the formula, for layers counted from 1, where lambda's vectors
    are zero."""
    net = model.DiffTransformer(model.Config(d_model=16, heads=2, layers=28, multiple=1), 3)
    worst = 0.0
    for layer, block in enumerate(net.blocks, 1):
        with torch.no_grad():
            for name, p in block.attention.named_parameters():
                if "lambda" in name:
                    p.zero_()
            begins = block.attention.lam().item()
        worst = max(worst, abs(begins - (0.8 - 0.6 * math.exp(-0.3 * (layer - 1)))))
    note = "0.2 in the first of 28 layers"
    return Exact(worst, 0.0, tolerance=1e-6, note=note)


def rows_sum() -> Exact:
    """The largest difference of a row's sum from 1 - lambda, at random weights."""
    net, worst = twins.ours(), 0.0
    tokens = torch.randint(twins.SYMBOLS, (2, 9), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        for block, (_, weights, _) in zip(net.blocks, net.look(tokens), strict=True):
            off = weights.sum(-1) - (1 - block.attention.lam())
            worst = max(worst, off.abs().max().item())
    return Exact(worst, 0.0, tolerance=1e-5)


def shared_noise_cancels() -> Exact:
    """Both maps of a layer are made the same and lambda 1: what is left of the weights."""
    layer = twins.ours().blocks[0].attention
    q, k, v = layer.qkv.weight.detach().chunk(3)
    with torch.no_grad():
        q, k = (w.unflatten(0, (twins.SIZES["heads"], 2, -1))[:, :1] for w in (q, k))
        q, k = (w.expand(-1, 2, -1, -1).flatten(0, 2) for w in (q, k))
        layer.qkv.weight.copy_(torch.cat([q, k, v]))
        for name in ("lambda_q1", "lambda_q2"):
            getattr(layer, name).zero_()
        layer.lambda_init = 1.0
        x = torch.randn(2, 9, twins.SIZES["d_model"], generator=torch.Generator().manual_seed(0))
        turn = model.turns(0, 9, 48 // (2 * twins.SIZES["heads"]), model.BASE)
        q, k, _ = layer.split(x, turn)
        weights = layer.difference(model.maps(q, k, model.barred(9))[1])
    return Exact(weights.abs().max().item(), 0.0, tolerance=1e-6)


def heads_are_normalised() -> Exact:
    """The largest difference of a head's size (the root of its mean square), with gains of 1, from
    1 - lambda_init; as a share of it. One head was made a hundred times larger."""
    layer = twins.ours().blocks[1].attention
    heads = torch.randn(2, 3, 9, 16, generator=torch.Generator().manual_seed(0))
    heads[:, 0] *= 100
    with torch.no_grad():
        layer.out.weight.copy_(torch.eye(48))
        joined = layer.join(heads).unflatten(-1, (3, 16))
        sizes = joined.square().mean(-1).sqrt() / (1 - layer.lambda_init)
    return Exact(sizes.sub(1).abs().max().item(), 0.0, tolerance=1e-4)


# -- equivalence --------------------------------------------------------------------------------


def version2_is_diffllama() -> Equal:
    return measuring.equal(twins.pairs())


def rival_is_llama() -> Equal:
    return measuring.equal(twins.pairs(maps=1))


def four_fused_calls() -> Equal:
    return measuring.equal(twins.flash_pairs())


# -- directions ---------------------------------------------------------------------------------


def commonest_value() -> float:
    """Wrong answers of the test, %."""
    return baseline.commonest_value(PAPER.dataset)
