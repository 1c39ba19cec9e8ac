"""Our nets and transformers' with the same weights: GPT-2 where the band is as wide as the window,
GPT-Neo, which has local layers in turn with global ones, where it is not."""

from __future__ import annotations

import math
import warnings
from functools import cache
from importlib.util import find_spec

import torch

from common.data.images import load_torchvision
from common.evidence import measuring
from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.gpt3.version1 import model as model1
from papers.gpt3.version2 import model as model2

SYMBOLS, CONTEXT, BAND, WIDTH, HEADS = 11, 12, 4, 32, 4
SIZES = {"context": CONTEXT, "d_model": WIDTH, "heads": HEADS}


@cache
def library():
    """transformers' GPT-2 and GPT-Neo: (config, model) of either."""
    if find_spec("transformers") is None:
        raise Unmeasured(NOT_MEASURED, "transformers is not installed")
    if find_spec("torchvision"):
        load_torchvision()  # transformers imports it, and needs help where its build is another
    from transformers import (
        GPT2Config,
        GPT2LMHeadModel,
        GPTNeoConfig,
        GPTNeoForCausalLM,
        logging,
    )

    logging.set_verbosity_error()
    return {"gpt2": (GPT2Config, GPT2LMHeadModel), "neo": (GPTNeoConfig, GPTNeoForCausalLM)}


def theirs(kind: str, layers: int, local_first: bool = True, **changes):
    """A net of transformers with random values everywhere, so that no 0 or 1 hides a mistake."""
    made, built = library()[kind]
    own = {"n_layer": layers, "n_head": HEADS, "n_embd": WIDTH, "n_positions": CONTEXT}
    if kind == "neo":
        order = ["local", "global"] if local_first else ["global", "local"]
        own = {
            "num_layers": layers, "num_heads": HEADS, "hidden_size": WIDTH, "window_size": BAND,
            "max_position_embeddings": CONTEXT, "attention_types": [[order, layers // 2]],
        }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = made(vocab_size=SYMBOLS, bos_token_id=0, eos_token_id=0, **own, **changes)
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


def ours(model, net_of, layers: int, band: int):
    """One of our nets, with random weights."""
    config = model.Config(**SIZES, layers=layers, band=band)
    return randomised(net_of(config, SYMBOLS)).eval()


def tiny(layers: int = 2, band: int = BAND):
    """Version 2, with random weights."""
    return ours(model2, model2.GPT3, layers, band)


def worst_of_gpt2(layers: int = 4) -> float:
    """The largest difference of scores, loss and gradients from GPT-2: the band hides nothing."""
    net, mine = theirs("gpt2", layers), tiny(layers, band=CONTEXT)
    named = dict(net.transformer.named_parameters())
    mine.load_state_dict(named)
    return worst(mine, net, lambda: {name: p.grad for name, p in named.items()})


def worst_of_neo(layers: int = 4) -> float:
    """The same from GPT-Neo, which does not divide scores by sqrt(d_k): so ours has as much larger
    queries. It has no biases of queries, keys and values; ours are 0 and not compared."""
    net, mine, root = theirs("neo", layers), tiny(layers), math.sqrt(WIDTH // HEADS)
    named = dict(net.transformer.named_parameters())
    with torch.no_grad():
        mine.load_state_dict(as_ours(named, root), strict=False)
        for block in mine.h:
            block.attn.c_attn.bias.zero_()
    gradients = lambda: as_ours({name: p.grad for name, p in named.items()}, 1 / root)  # noqa: E731
    return worst(mine, net, gradients)


def as_ours(named: dict, root: float) -> dict:
    """GPT-Neo's tensors under our names and in our shapes, those of queries times `root`."""
    found = {}
    for name, value in named.items():
        name = name.replace("attn.attention.out_proj", "attn.c_proj")
        turned = name.endswith(("mlp.c_fc.weight", "c_proj.weight"))
        if "attention." not in name:
            found[name] = value.T if turned else value
        elif "q_proj" in name:
            place = name.removesuffix("attention.q_proj.weight")
            k, v = (named[f"{place}attention.{x}_proj.weight"] for x in "kv")
            found[f"{place}c_attn.weight"] = torch.cat([root * value, k, v]).T
    return found


def worst(mine, net, gradients) -> float:
    """Of scores, loss and gradients; `gradients()` gives theirs under our names."""
    tokens = some_tokens()
    scores, reference = mine(tokens), net(input_ids=tokens, labels=tokens)
    value = model2.loss(scores[:, :-1], tokens[:, 1:])
    value.backward()
    reference.loss.backward()
    found = [(scores, reference.logits), (value, reference.loss)]
    own = dict(mine.named_parameters())
    return measuring.worst(found + [(own[n].grad, grad) for n, grad in gradients().items()])


@torch.no_grad()
def worst_of_masks() -> float:
    """Version 1's hidden positions against GPT-Neo's, in a local layer and in a global one. It
    keeps one place more: so it is given a band of one less."""
    net = theirs("neo", 2)
    found = []
    for block, band in zip(net.transformer.h, (BAND - 1, None)):
        seen = block.attn.attention.bias[0, 0]
        found.append((model1.barred(CONTEXT, band).float(), (~seen).float()))
    return measuring.worst(found)
