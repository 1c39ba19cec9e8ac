"""Our network beside transformers' DiffLlama and Llama with the same weights, and beside torch's
fused attention called four times, as the authors' second file for FlashAttention does."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import torch
import torch.nn.functional as F

from common.data.images import load_torchvision
from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.differential_transformer.version2 import model

SYMBOLS, LENGTH = 13, 12
Reorder = Callable[[torch.Tensor], torch.Tensor]
SIZES = {"d_model": 48, "heads": 3, "layers": 2, "multiple": 1}


@cache
def library():
    """transformers."""
    if find_spec("transformers") is None:
        raise Unmeasured(NOT_MEASURED, "transformers is not installed")
    if find_spec("torchvision"):
        load_torchvision()  # transformers imports it, and needs help where its build is another
    import transformers

    transformers.logging.set_verbosity_error()
    return transformers


def ours(maps: int = 2, seed: int = 1):
    """Version 2 with random values everywhere; the gains of the heads' norms are 1."""
    net = model.DiffTransformer(model.Config(**SIZES, maps=maps), SYMBOLS)
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in net.named_parameters():
            if "attention.norm" not in name:
                p.copy_(torch.randn(p.shape, generator=rng) * 0.3 + (p.dim() == 1) * 0.5)
    return net


def theirs(maps: int = 2):
    """DiffLlama, which has no gain in the norm of a head; for one map Llama."""
    made = library()
    kind = "DiffLlama" if maps == 2 else "Llama"
    config = getattr(made, f"{kind}Config")(
        vocab_size=SYMBOLS, hidden_size=48, num_hidden_layers=2, num_attention_heads=6,
        num_key_value_heads=6, intermediate_size=128, rms_norm_eps=model.EPSILON,
        tie_word_embeddings=False, bos_token_id=0, eos_token_id=0,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(made, f"{kind}ForCausalLM")(config).eval()


def theirs_by_name(maps: int) -> dict[str, tuple[str, Reorder]]:
    """Our names: theirs, and how our rows are brought into their order."""
    found = {
        "embedding.weight": ("model.embed_tokens.weight", same),
        "norm.weight": ("model.norm.weight", same),
        "head.weight": ("lm_head.weight", same),
    }
    paired = in_halves if maps == 2 else same
    for n in range(SIZES["layers"]):
        mine, other = f"blocks.{n}", f"model.layers.{n}"
        for part in "qkv":
            reorder = paired if part == "v" else lambda rows: paired(pairs_apart(rows))
            found[f"{mine}.attention.{part}"] = (f"{other}.self_attn.{part}_proj.weight", reorder)
        found[f"{mine}.attention.out.weight"] = (f"{other}.self_attn.o_proj.weight", same)
        if maps == 2:
            for name in ("lambda_q1", "lambda_k1", "lambda_q2", "lambda_k2"):
                found[f"{mine}.attention.{name}"] = (f"{other}.self_attn.{name}", same)
        found[f"{mine}.norm_1.weight"] = (f"{other}.input_layernorm.weight", same)
        found[f"{mine}.norm_2.weight"] = (f"{other}.post_attention_layernorm.weight", same)
        for own, name in FEED.items():
            found[f"{mine}.feed.{own}.weight"] = (f"{other}.mlp.{name}.weight", same)
    return found


FEED = {"w1": "gate_proj", "w3": "up_proj", "w2": "down_proj"}


def same(rows: torch.Tensor) -> torch.Tensor:
    return rows


def in_halves(rows: torch.Tensor) -> torch.Tensor:
    """Rows of heads whose two maps are neighbours, as DiffLlama has them: first all first maps,
    then all second ones."""
    return rows.unflatten(0, (SIZES["heads"], 2, -1)).transpose(0, 1).flatten(0, 2)


def pairs_apart(rows: torch.Tensor) -> torch.Tensor:
    """RoPE's pairs, neighbours here and in the authors' code, as transformers has them: half a
    query apart."""
    return rows.unflatten(0, (2 * SIZES["heads"], -1, 2)).transpose(1, 2).flatten(0, 2)


def parts(net, gradients: bool = False) -> dict[str, torch.Tensor]:
    """Our weights or their gradients, with queries, keys and values apart."""
    found = {}
    for name, p in net.named_parameters():
        value = p.grad if gradients else p.detach()
        if name.endswith("qkv.weight"):
            stem = name.removesuffix("qkv.weight")
            found |= {stem + part: rows for part, rows in zip("qkv", value.chunk(3), strict=True)}
        elif "attention.norm" not in name:
            found[name] = value
    return found


def pairs(maps: int = 2):
    """(ours, theirs): scores, loss and all gradients with the same weights."""
    mine, other = ours(maps), theirs(maps)
    names, weights = theirs_by_name(maps), parts(mine)
    assert names.keys() == weights.keys()
    with torch.no_grad():
        for name, (their_name, reorder) in names.items():
            other.get_parameter(their_name).copy_(reorder(weights[name]))
    rng = torch.Generator().manual_seed(2)
    tokens = torch.randint(SYMBOLS, (3, LENGTH), generator=rng)
    scores, reference = mine(tokens), other(input_ids=tokens, labels=tokens)
    loss = F.cross_entropy(scores[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    loss.backward()
    reference.loss.backward()
    found = [(scores, reference.logits), (loss, reference.loss)]
    for name, grad in parts(mine, gradients=True).items():
        their_name, reorder = names[name]
        found.append((reorder(grad), other.get_parameter(their_name).grad))
    return found


def flash_pairs():
    """(ours, torch's): a layer with random gains, and four calls of fused causal attention: each
    map with each half of the values (multihead_flashdiff_2.py)."""
    layer = ours().blocks[1].attention
    torch.nn.init.normal_(layer.norm.weight)
    rng = torch.Generator().manual_seed(3)
    x = torch.randn(2, LENGTH, SIZES["d_model"], generator=rng)
    turn = model.turns(0, LENGTH, SIZES["d_model"] // (2 * SIZES["heads"]), model.BASE)
    found = layer(x, turn, model.barred(LENGTH))[0]
    q, k, v = layer.split(x, turn)
    (q1, q2), (k1, k2) = ((y[:, 0::2], y[:, 1::2]) for y in (q, k))
    halves = v.chunk(2, -1)
    one, two = (
        torch.cat([F.scaled_dot_product_attention(a, b, c, is_causal=True) for c in halves], -1)
        for a, b in ((q1, k1), (q2, k2))
    )
    heads = one - layer.lam() * two
    size = (heads * heads).mean(-1, keepdim=True) + model.EPSILON
    heads = heads / size.sqrt() * layer.norm.weight * (1 - layer.lambda_init)
    return [(found, heads.transpose(1, 2).flatten(2) @ layer.out.weight.T)]
