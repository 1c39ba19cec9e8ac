# Decide here: whose implementation computes the same with our weights in it?
"""Our nets and transformers' GPT2LMHeadModel with the same weights."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.util import find_spec

import torch

from common.data.images import load_torchvision
from common.evidence import measuring
from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.llama.version1 import model as model1
from papers.llama.version2 import model as model2

SYMBOLS, CONTEXT = 11, 12
HEADS = {"124M": 12, "355M": 16, "774M": 20, "1558M": 25}  # of the published sizes
LAYERS = {"124M": 12, "355M": 24, "774M": 36, "1558M": 48}  # Table 2


@cache
def library():
    """transformers' (GPT2Config, GPT2LMHeadModel)."""
    if find_spec("transformers") is None:
        raise Unmeasured(NOT_MEASURED, "transformers is not installed")
    if find_spec("torchvision"):
        load_torchvision()  # transformers imports it, and needs help where its build is another
    from transformers import GPT2Config, GPT2LMHeadModel, logging

    logging.set_verbosity_error()
    return GPT2Config, GPT2LMHeadModel


def theirs(layers: int = 2, heads: int = 4, d_model: int = 32, **changes):
    """transformers' GPT-2 with random values everywhere, so that no 0 or 1 hides a mistake."""
    made, built = library()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = made(
            n_layer=layers, n_head=heads, n_embd=d_model, vocab_size=SYMBOLS, n_positions=CONTEXT,
            bos_token_id=0, eos_token_id=0, **changes,
        )  # fmt: skip
        net = built(config).eval()
    return randomised(net)


def randomised(net, seed: int = 1, scale: float = 0.3):
    """Random values in every weight."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=rng) * scale + (p.dim() == 1) * 0.5)
    return net


def some_tokens(batch: int = 3, length: int = CONTEXT) -> torch.Tensor:
    return torch.randint(SYMBOLS, (batch, length), generator=torch.Generator().manual_seed(2))


def worst_of_version2(layers: int = 2, heads: int = 4, d_model: int = 32) -> float:
    """The largest difference of scores, loss and gradients, at random weights."""
    net = theirs(layers, heads, d_model)
    ours = model2.load_published(net.state_dict(), heads)
    pairs = [(p, net.transformer.get_parameter(name)) for name, p in ours.named_parameters()]
    return worst(ours, model2.loss, net, pairs)


def worst_of_version1() -> float:
    """As above: version 1 has the activation and the head that GPT-2 has not."""
    net = theirs(activation_function="gelu", tie_word_embeddings=False)
    config = model1.Config(context=CONTEXT, d_model=32, heads=4, layers=2, dropout=0.0)
    ours = model1.GPT(config, SYMBOLS)
    pairs = pairs_of_version1(ours, net)
    with torch.no_grad():
        for mine, other in pairs:
            for part, value in zip(mine, other.chunk(len(mine), -1)):
                part.copy_(value)
    return worst(ours, model1.loss, net, pairs)


def pairs_of_version1(ours, net):
    """(our parameters, to be joined along the last axis; their parameter)."""
    base = net.transformer
    found = [
        ((ours.tokens,), base.wte.weight),
        ((ours.positions,), base.wpe.weight),
        ((ours.norm.gain,), base.ln_f.weight),
        ((ours.norm.bias,), base.ln_f.bias),
    ]
    for mine, other in zip(ours.blocks, base.h):
        a, f = mine.attention, mine.feed
        found += [
            ((a.w_q, a.w_k, a.w_v), other.attn.c_attn.weight),
            ((a.b_q, a.b_k, a.b_v), other.attn.c_attn.bias),
            ((a.w_o,), other.attn.c_proj.weight),
            ((a.b_o,), other.attn.c_proj.bias),
            ((f.w_1,), other.mlp.c_fc.weight),
            ((f.b_1,), other.mlp.c_fc.bias),
            ((f.w_2,), other.mlp.c_proj.weight),
            ((f.b_2,), other.mlp.c_proj.bias),
        ]
        for norm, reference in zip(mine.norms, (other.ln_1, other.ln_2)):
            found += [((norm.gain,), reference.weight), ((norm.bias,), reference.bias)]
    with torch.no_grad():
        ours.head.copy_(net.lm_head.weight.T)
    return found


def worst(ours, loss, net, pairs) -> float:
    tokens = some_tokens()
    scores, reference = ours(tokens), net(input_ids=tokens, labels=tokens)
    value = loss(scores[:, :-1], tokens[:, 1:])
    value.backward()
    reference.loss.backward()
    found = [(scores, reference.logits), (value, reference.loss)]
    for mine, other in pairs:
        mine = mine if isinstance(mine, tuple) else (mine,)
        found.append((torch.cat([p.grad for p in mine], -1), other.grad))
    return measuring.worst(found)
