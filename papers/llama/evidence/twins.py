"""Our nets and transformers' LlamaForCausalLM with the same weights."""

from __future__ import annotations

import tempfile
import warnings
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from common.data.images import load_torchvision
from common.evidence import measuring
from common.evidence.claims import NOT_MEASURED, Unmeasured
from papers.llama.version2 import model as model2

SYMBOLS, CONTEXT, WIDTH, HIDDEN, HEADS = 11, 12, 32, 88, 4
SHARDS = "model*.safetensors"  # what save_pretrained writes


@cache
def library():
    """transformers' (LlamaConfig, LlamaForCausalLM)."""
    if find_spec("transformers") is None:
        raise Unmeasured(NOT_MEASURED, "transformers is not installed")
    if find_spec("torchvision"):
        load_torchvision()  # transformers imports it, and needs help where its build is another
    from transformers import LlamaConfig, LlamaForCausalLM, logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    return LlamaConfig, LlamaForCausalLM


def theirs(
    layers: int = 2, heads: int = HEADS, d_model: int = WIDTH, hidden: int = HIDDEN, scale=0.3
):
    """transformers' LLaMA with random values everywhere, so that no gain of 1 hides a mistake."""
    made, built = library()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = made(
            num_hidden_layers=layers, num_attention_heads=heads, hidden_size=d_model,
            intermediate_size=hidden, vocab_size=SYMBOLS, max_position_embeddings=CONTEXT,
            rms_norm_eps=1e-6, tie_word_embeddings=False, bos_token_id=0, eos_token_id=0,
        )  # fmt: skip
        net = built(config).eval()
    return randomised(net, scale=scale)


def randomised(net, seed: int = 1, scale: float = 0.3):
    """Random values in every weight."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=rng) * scale + (p.dim() == 1) * 0.5)
    return net


def some_tokens(batch: int = 3, length: int = CONTEXT) -> torch.Tensor:
    return torch.randint(SYMBOLS, (batch, length), generator=torch.Generator().manual_seed(2))


def ours(net, heads: int = HEADS):
    return model2.load_published(net.state_dict(), heads, context=CONTEXT)


def worst(*sizes: int, scale: float = 0.3) -> float:
    """The largest difference of scores, loss and gradients, at random weights."""
    net, tokens = theirs(*sizes, scale=scale), some_tokens()
    heads = net.config.num_attention_heads
    mine = ours(net, heads)
    scores, reference = mine(tokens), net(input_ids=tokens, labels=tokens)
    value = model2.loss(scores[:, :-1], tokens[:, 1:])
    value.backward()
    reference.loss.backward()
    # Their gradients, put into our layout by the way that their weights took.
    gradients = {name: p.grad for name, p in net.named_parameters()}
    told = dict(model2.load_published(gradients, heads).named_parameters())
    found = [(scores, reference.logits), (value, reference.loss)]
    found += [(p.grad, told[name]) for name, p in mine.named_parameters()]
    return measuring.worst(found)


@torch.no_grad()
def worst_of_decoding() -> float:
    """The largest difference of scores, token by token from both caches."""
    net, tokens = theirs(), some_tokens()
    mine, state, kept, found = ours(net), None, None, []
    for token in tokens.split(1, 1):
        scores, state = mine.read(token, state)
        other = net(token, past_key_values=kept, use_cache=True)
        kept = other.past_key_values
        found.append((scores, other.logits))
    return measuring.worst(found)


@torch.no_grad()
def worst_of_files() -> float:
    """The largest difference of scores of what is loaded from two files: what transformers saves,
    and the same in the authors' names and order of rows."""
    net, tokens = theirs(), some_tokens()
    with tempfile.TemporaryDirectory() as folder:
        net.save_pretrained(folder)
        (path,) = Path(folder).glob(SHARDS)
        weights = load_file(path)
        other = Path(folder, "consolidated.safetensors")
        save_file(as_the_authors(weights, HEADS), other)
        nets = [model2.load_published(w, HEADS) for w in (weights, load_file(other))]
    return measuring.worst([(mine(tokens), net(tokens).logits) for mine in nets])


def as_the_authors(weights: dict, heads: int) -> dict:
    """transformers' weights under the authors' names, rows of queries and keys in the authors'
    order: row 2 j + i of a head is row i K / 2 + j there (convert_llama_weights_to_hf.py)."""
    names = {
        "model.embed_tokens": "tok_embeddings", "model.norm": "norm", "lm_head": "output",
        "self_attn.q_proj": "attention.wq", "self_attn.k_proj": "attention.wk",
        "self_attn.v_proj": "attention.wv", "self_attn.o_proj": "attention.wo",
        "mlp.gate_proj": "feed_forward.w1", "mlp.down_proj": "feed_forward.w2",
        "mlp.up_proj": "feed_forward.w3", "input_layernorm": "attention_norm",
        "post_attention_layernorm": "ffn_norm", "model.layers": "layers",
    }  # fmt: skip
    found = {}
    for name, weight in weights.items():
        if "q_proj" in name or "k_proj" in name:
            size = len(weight) // heads
            rows = [
                head * size + i * size // 2 + j
                for head in range(heads)
                for j in range(size // 2)
                for i in range(2)
            ]
            weight = weight[rows]
        for theirs, authors in names.items():
            name = name.replace(theirs, authors)
        found[name] = weight.contiguous()
    return found
