"""The published weights, by their own names.

Shapes: D = d_model, V tokens, C context, Y classes.
"""

import torch

from papers.gpt1.version2 import model

EXTRA = ("score.weight", "w_y")  # of the head of classes, which the language model lacks


def load_published(weights, heads=None):
    """A GPT1 with published weights: {name: tensor}, with or without "transformer." before names,
    in evaluation mode. The head of classes is `score.weight` (Y, D) or as it was drawn. `heads` is
    known for the published width alone. ValueError for strange or missing names and wrong shapes.
    """
    named = {name.removeprefix("transformer."): w for name, w in weights.items()}
    own = ("position_ids", ".attn.bias")  # buffers of transformers
    named = {name: w for name, w in named.items() if not name.endswith(own)}
    head = named.pop("lm_head.weight", None)
    score = next((named.pop(name) for name in EXTRA if name in named), None)
    for name in ("tokens_embed.weight", "positions_embed.weight"):
        if name not in named or named[name].dim() != 2:
            raise ValueError(f"these are no GPT-1 weights: {name} is missing or no matrix")
    if head is not None and not torch.equal(head, named["tokens_embed.weight"]):
        raise ValueError("lm_head.weight is not tokens_embed.weight: GPT-1's head is tied")
    (symbols, d), context = named["tokens_embed.weight"].shape, len(named["positions_embed.weight"])
    layers = len({name.split(".")[1] for name in named if name.startswith("h.")})
    if not heads and d != 768:
        raise ValueError(f"weights do not tell the number of heads: give it (d_model is {d})")
    config = model.Config(d_model=d, layers=layers, context=context, heads=heads or 12)
    with torch.device("meta"):
        wanted = {n: p.shape for n, p in model.GPT1(config, symbols).named_parameters()}
    wanted = {name: shape for name, shape in wanted.items() if name != "w_y"}
    if strange := sorted(wanted.keys() ^ named.keys()):
        raise ValueError(f"missing or strange: {', '.join(strange[:3])}")
    for name, shape in wanted.items():
        if named[name].shape != shape:
            raise ValueError(f"{name} must be {tuple(shape)}, not {tuple(named[name].shape)}")
    net = model.GPT1(config, symbols)
    net.load_state_dict({**named, "w_y": net.w_y.detach() if score is None else score})
    return net.eval()
