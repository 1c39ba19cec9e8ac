"""Our nets and transformers' OpenAIGPT and GPT-2 with the same weights."""

from __future__ import annotations

import warnings
from functools import cache
from importlib.util import find_spec

import torch
import torch.nn.functional as F

from common.data.images import load_torchvision
from common.evidence import measuring
from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.gpt1.version1 import model as model1
from papers.gpt1.version2 import model as model2
from papers.gpt1.version2.published import load_published

SYMBOLS, CONTEXT, SIZES = 13, 12, {"n_layer": 2, "n_head": 4, "n_embd": 32}


@cache
def library():
    """The package transformers."""
    if find_spec("transformers") is None:
        raise Unmeasured(NOT_MEASURED, "transformers is not installed")
    if find_spec("torchvision"):
        load_torchvision()  # transformers imports it, and needs help where its build is another
    import transformers

    transformers.logging.set_verbosity_error()
    return transformers


def theirs(kind: str = "OpenAIGPTLMHeadModel", **changes):
    """A net of that class with random values everywhere, so that no 0 or 1 hides a mistake."""
    made = getattr(library(), "GPT2Config" if kind.startswith("GPT2") else "OpenAIGPTConfig")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        more = {"bos_token_id": 1, "eos_token_id": 3, "pad_token_id": 0, **SIZES, **changes}
        config = made(vocab_size=SYMBOLS, n_positions=CONTEXT, **more)
        net = getattr(library(), kind)(config).eval()
    return randomised(net)


def randomised(net, seed: int = 1, scale: float = 0.3):
    """Random values in every weight."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=rng) * scale + (p.dim() == 1) * 0.5)
    return net


def some_tokens(batch: int = 3, length: int = CONTEXT) -> torch.Tensor:
    rng = torch.Generator().manual_seed(2)
    return torch.randint(4, SYMBOLS, (batch, length), generator=rng)


def worst_of_version2(**changes) -> float:
    """The largest difference of scores, loss and gradients, at random weights."""
    net, tokens = theirs(**changes), some_tokens()
    ours = load_published(net.state_dict(), net.config.n_head)
    reference = net(input_ids=tokens, labels=tokens)
    scores = ours(tokens)
    value = model2.language_loss(ours.losses(tokens)[:, 0], tokens)
    value.backward()
    reference.loss.backward()
    found = [(scores, reference.logits), (value, reference.loss)]
    found += [
        (p.grad, net.transformer.get_parameter(name).grad)
        for name, p in ours.named_parameters()
        if name != "w_y"
    ]
    return measuring.worst(found)


def worst_of_head() -> float:
    """As above, of the classes of padded rows."""
    net, lengths = theirs("OpenAIGPTForSequenceClassification"), torch.tensor([10, 4, 7])
    tokens = some_tokens(3, 10) * (torch.arange(10) < lengths[:, None])
    labels = torch.tensor([0, 1, 1])
    ours = load_published(net.state_dict(), SIZES["n_head"])
    reference = net(input_ids=model2.framed(tokens, lengths), labels=labels)
    scores = ours.classify(tokens, lengths)
    value = F.cross_entropy(scores, labels)
    value.backward()
    reference.loss.backward()
    found = [(scores, reference.logits), (value, reference.loss)]
    found += [
        (p.grad, (net.score.weight if n == "w_y" else net.transformer.get_parameter(n)).grad)
        for n, p in ours.named_parameters()
    ]
    return measuring.worst(found)


def worst_of_version1() -> float:
    """Version 1 and GPT-2, with the exact GELU."""
    net = theirs("GPT2LMHeadModel", activation_function="gelu")
    config = model1.Config(context=CONTEXT, d_model=32, heads=4, layers=2, dropout=0.0)
    ours, tokens = model1.GPT(config, SYMBOLS), some_tokens()
    pairs = pairs_of_version1(ours, net)
    with torch.no_grad():
        for mine, other in pairs:
            for part, value in zip(mine, other.chunk(len(mine), -1)):
                part.copy_(value)
    scores, reference = ours(tokens), net(input_ids=tokens, labels=tokens)
    value = model1.language_loss(ours.losses(tokens)[:, 0], tokens)
    value.backward()
    reference.loss.backward()
    found = [(scores, reference.logits), (value, reference.loss)]
    found += [(torch.cat([p.grad for p in mine], -1), other.grad) for mine, other in pairs]
    return measuring.worst(found)


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
    return found
