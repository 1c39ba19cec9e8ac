"""Our nets and torch.nn.Transformer with the same weights, and version 1 in torch's autograd."""

from __future__ import annotations

import warnings

import numpy as np
import torch

from common.evidence import measuring
from papers.transformer.version1 import model as model1
from papers.transformer.version2 import model as model2
from papers.transformer.version3 import model as model3

SYMBOLS = 13
SIZES = {"d_model": 16, "d_ff": 24, "heads": 4, "layers": 2}
SOURCE = np.array([[5, 6, 7, 4], [8, 9, 0, 0], [4, 12, 10, 0]])
TARGET = np.array([[1, 5, 6, 7, 2], [1, 8, 9, 2, 0], [1, 4, 4, 11, 2]])


def randomised(net, seed: int = 0):
    """Random values in every weight, so that no gain of 1 or bias of 0 hides a mistake."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=rng) * 0.3 + (p.dim() == 1) * 0.5)
    return net


def toy(model, **changes):
    """A toy net of version 2 or 3 without dropout."""
    config = model.Config(**{**SIZES, "dropout": 0.0, **changes})
    return randomised(model.Transformer(config, SYMBOLS))


def theirs(pre_norm: bool):
    """torch.nn.Transformer of the same sizes; without final norms where the norm comes after.

    All biases begin at zero. Those that ours lack stay there, as nothing is copied into them.
    """
    with warnings.catch_warnings():  # of a fast path that norm_first does not have
        warnings.simplefilter("ignore")
        net = torch.nn.Transformer(
            16, 4, 2, 2, 24, dropout=0.0, layer_norm_eps=1e-6, batch_first=True, norm_first=pre_norm
        )
    if not pre_norm:
        net.encoder.norm = net.decoder.norm = None
    for name, p in net.named_parameters():
        if "bias" in name:
            torch.nn.init.zeros_(p)
    return net


def pairs_of_version2(ours, net):
    """(our parameters, to be joined and transposed; their parameter)."""
    found = []
    for side, layers in (("encoder", ours.encoder), ("decoder", ours.decoder)):
        for mine, other in zip(layers, getattr(net, side).layers):
            found += _attention2(mine.attention, other.self_attn)
            if side == "decoder":
                found += _attention2(mine.cross, other.multihead_attn)
            found += [
                ((mine.feed.w_1,), other.linear1.weight),
                ((mine.feed.b_1,), other.linear1.bias),
            ]
            found += [
                ((mine.feed.w_2,), other.linear2.weight),
                ((mine.feed.b_2,), other.linear2.bias),
            ]
            found += _norms([r.norm for r in mine.residuals], other)
    return found


def _attention2(mine, other):
    return [
        ((mine.w_q, mine.w_k, mine.w_v), other.in_proj_weight),
        ((mine.w_o,), other.out_proj.weight),
    ]


def pairs_of_version3(ours, net):
    found = []
    for side, layers in (("encoder", ours.encoder), ("decoder", ours.decoder)):
        for mine, other in zip(layers, getattr(net, side).layers):
            found += [((mine.attention.w_qkv,), other.self_attn.in_proj_weight)]
            found += [((mine.attention.w_o,), other.self_attn.out_proj.weight)]
            if side == "decoder":
                cross = (mine.cross.w_q, mine.cross.w_kv)
                found += [(cross, other.multihead_attn.in_proj_weight)]
                found += [((mine.cross.w_o,), other.multihead_attn.out_proj.weight)]
            found += [
                ((mine.feed.w_1,), other.linear1.weight),
                ((mine.feed.w_2,), other.linear2.weight),
            ]
            found += _norms(mine.norms, other)
    return found + _norm(ours.norms[0], net.encoder.norm) + _norm(ours.norms[1], net.decoder.norm)


def _norms(mine, other):
    return [p for i, norm in enumerate(mine) for p in _norm(norm, getattr(other, f"norm{i + 1}"))]


def _norm(mine, other):
    return [((mine.gain,), other.weight), ((mine.bias,), other.bias)]


def joined(parts):
    """Our matrices multiply from the right; torch's stand transposed, with q, k, v in one."""
    whole = torch.cat(parts, -1)
    return whole.T if whole.dim() == 2 else whole


def worst_against_torch(model, pairs, pre_norm: bool) -> float:
    """The largest difference of outputs and of gradients from torch.nn.Transformer."""
    ours, net = toy(model), theirs(pre_norm)
    matched = pairs(ours, net)
    with torch.no_grad():
        for parts, parameter in matched:
            parameter.copy_(joined(parts))
    source, target = torch.as_tensor(SOURCE), torch.as_tensor(TARGET)[:, :-1]
    scores = ours.scores(source, target)
    causal = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1)
    padding = source == model.PAD
    x, y = ours.embed(source), ours.embed(target)
    out = net(x, y, tgt_mask=causal, src_key_padding_mask=padding, memory_key_padding_mask=padding)
    their_scores = out @ ours.embedding.T
    errors = [scores - their_scores]
    upstream = torch.randn(scores.shape, generator=torch.Generator().manual_seed(1))
    mine = torch.autograd.grad(scores, [p for parts, _ in matched for p in parts], upstream)
    other = torch.autograd.grad(their_scores, [p for _, p in matched], upstream)
    mine = iter(mine)
    for (parts, _), gradient in zip(matched, other):
        errors.append(joined([next(mine) for _ in parts]) - gradient)
    return max(e.abs().max().item() for e in errors)


def version1_in_torch(net):
    """Version 2 with version 1's weights and version 1's slips, for autograd."""
    twin = toy(model2)
    with torch.no_grad():
        for name, p in named_as_version1(twin).items():
            p.copy_(torch.as_tensor(net.weights[name]))

    def norm(self, x):
        centred = x - x.mean(-1, keepdim=True)
        return self.gain * centred / (x.std(-1, keepdim=True) + self.epsilon) + self.bias

    for module in twin.modules():
        if isinstance(module, model2.LayerNorm):
            module.forward = norm.__get__(module)
    twin.embed = lambda tokens: twin.embedding[tokens] + model2.positions(tokens.shape[1], 16)
    return twin


def named_as_version1(net) -> dict[str, torch.Tensor]:
    """Version 2's parameters by version 1's names."""
    found = {"embedding": net.embedding}
    for kind, layers in (("encoder", net.encoder), ("decoder", net.decoder)):
        for n, layer in enumerate(layers):
            parts = {"self": layer.attention, "feed": layer.feed}
            if kind == "decoder":
                parts["cross"] = layer.cross
            order = ("self", "feed") if kind == "encoder" else ("self", "cross", "feed")
            for i, part in enumerate(order):
                both = [
                    *parts[part].named_parameters(),
                    *layer.residuals[i].norm.named_parameters(),
                ]
                found |= {f"{kind}.{n}.{part}.{name}": p for name, p in both}
    return found


def worst_by_hand() -> float:
    """The largest difference of version 1's loss and gradients from autograd's."""
    net = model1.Transformer(model1.Config(**SIZES), SYMBOLS, np.random.default_rng(0))
    rng = np.random.default_rng(1)
    for w in net.weights.values():
        w += 0.1 * rng.standard_normal(w.shape).astype(w.dtype)
    loss, gradients = net.loss_and_gradients(SOURCE, TARGET)
    twin = version1_in_torch(net)
    source, target = torch.as_tensor(SOURCE), torch.as_tensor(TARGET)
    scores = twin.scores(source, target[:, :-1]).flatten(0, 1)
    value = torch.nn.functional.cross_entropy(scores, target[:, 1:].flatten(), label_smoothing=0.1)
    value.backward()
    pairs = [(p.grad, gradients[name]) for name, p in named_as_version1(twin).items()]
    return measuring.worst([(value, loss), *pairs])


def versions_2_and_3() -> tuple[float, float]:
    """worst_against_torch of both versions."""
    second = worst_against_torch(model2, pairs_of_version2, pre_norm=False)
    return second, worst_against_torch(model3, pairs_of_version3, pre_norm=True)
