"""Our networks and those of torchvision and transformers with the same weights."""

from __future__ import annotations

import warnings
from contextlib import ExitStack
from functools import cache
from importlib.util import find_spec

import torch

from common.data.images import load_torchvision
from common.evidence import measuring
from common.evidence.claims import NOT_MEASURED, Unmeasured
from common.evidence.deviations import find_deviation, injected
from common.paper import room
from papers.vit.version1 import model as model1
from papers.vit.version2 import model as model2

CLASSES = 7
SMALL = {"side": 12, "channels": 3, "patch": 4, "d_model": 24, "mlp": 40, "heads": 3, "layers": 2}


def randomised(net, seed: int = 1, scale: float = 0.3):
    """Random values in every weight, so that no 0 or 1 hides a mistake."""
    rng = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in net.parameters():
            p.copy_(torch.randn(p.shape, generator=rng) * scale + (p.dim() == 1) * 0.5)
    return net


def examples(count: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures between 0 and 1, and labels."""
    rng = torch.Generator().manual_seed(2)
    shape = (count, SMALL["channels"], SMALL["side"], SMALL["side"])
    return torch.rand(shape, generator=rng), torch.arange(count) % CLASSES


def version2(**changes):
    config = {**SMALL, "dropout": 0.0, "pool": "class", **changes}
    return randomised(model2.ViT(model2.Config(**config), CLASSES))


# -- torchvision -------------------------------------------------------------------------------


def torchvisions():
    """The class behind torchvision.models.vit_b_16, small."""
    made = torchvision_models().VisionTransformer(
        image_size=SMALL["side"], patch_size=SMALL["patch"], num_layers=SMALL["layers"],
        num_heads=SMALL["heads"], hidden_dim=SMALL["d_model"], mlp_dim=SMALL["mlp"],
        num_classes=CLASSES,
    )  # fmt: skip
    return made.eval()


def torchvision_models():
    if find_spec("torchvision") is None:
        raise Unmeasured(NOT_MEASURED, "torchvision is not installed")
    load_torchvision()
    from torchvision import models

    return models


def like_torchvision(ours, theirs) -> list[tuple]:
    """Pairs of parameters: (one of ours, those of theirs that say the same, one after another)."""
    pairs = [
        (ours.class_token, [theirs.class_token]),
        (ours.positions, [theirs.encoder.pos_embedding]),
    ]
    layers = [
        (ours.project, theirs.conv_proj),
        (ours.norm, theirs.encoder.ln),
        (ours.head, theirs.heads.head),
    ]
    for mine, other in zip(ours.blocks, theirs.encoder.layers, strict=True):
        attention = other.self_attention
        pairs += [
            (mine.attention.qkv.weight, [attention.in_proj_weight]),
            (mine.attention.qkv.bias, [attention.in_proj_bias]),
        ]
        layers += [
            (mine.norm1, other.ln_1), (mine.norm2, other.ln_2),
            (mine.attention.out, attention.out_proj),
            (mine.mlp.first, other.mlp[0]), (mine.mlp.second, other.mlp[3]),
        ]  # fmt: skip
    for mine, other in layers:
        pairs += [(mine.weight, [other.weight]), (mine.bias, [other.bias])]
    return pairs


def worst_of_torchvision() -> float:
    """The largest difference of scores, loss and all gradients."""
    ours, theirs = version2(), torchvisions()
    pairs = like_torchvision(ours, theirs)
    fill(pairs)
    pictures, labels = examples()
    return compared(ours(pictures), theirs(2 * pictures - 1), labels, pairs)


def as_theirs(value, other, turned: bool):
    """A weight of ours, or its gradient, in the form of theirs; version 1's matrices are turned."""
    turned = turned and value.dim() == 2 and len(value) > 1
    return value.t() if turned else value.view_as(other)


def fill(pairs, turned: bool = False) -> None:
    """Our weights into theirs."""
    with torch.no_grad():
        for mine, others in pairs:
            for part, other in zip(mine.chunk(len(others)), others, strict=True):
                other.copy_(as_theirs(part, other, turned))


def compared(scores, wanted, labels, pairs, turned: bool = False) -> float:
    """The largest difference of scores, loss and gradients."""
    value, reference = model2.loss(scores, labels), model1.loss(wanted, labels)
    value.backward()
    reference.backward()
    found = [(scores, wanted), (value, reference)]
    for mine, others in pairs:
        for part, other in zip(mine.grad.chunk(len(others)), others, strict=True):
            found.append((as_theirs(part, other, turned), other.grad))
    return measuring.worst(found)


# -- transformers ------------------------------------------------------------------------------


@cache
def library():
    """transformers' (ViTConfig, ViTForImageClassification)."""
    if find_spec("transformers") is None:
        raise Unmeasured(NOT_MEASURED, "transformers is not installed")
    if find_spec("torchvision"):
        load_torchvision()  # transformers imports it, and needs help where its build is another
    from transformers import ViTConfig, ViTForImageClassification, logging

    logging.set_verbosity_error()
    return ViTConfig, ViTForImageClassification


def transformers_vit(epsilon: float = model2.EPSILON):
    """transformers' network, small; the default of its norms is another epsilon."""
    made, built = library()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        config = made(
            image_size=SMALL["side"], patch_size=SMALL["patch"], num_channels=SMALL["channels"],
            hidden_size=SMALL["d_model"], intermediate_size=SMALL["mlp"],
            num_hidden_layers=SMALL["layers"], num_attention_heads=SMALL["heads"],
            num_labels=CLASSES, layer_norm_eps=epsilon, hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )  # fmt: skip
        return built(config).eval()


def like_transformers(ours, theirs) -> list[tuple]:
    """Pairs of parameters: (one of ours, those of theirs that say the same, one after another)."""
    base = theirs.vit
    pairs = [
        (ours.class_token, [base.embeddings.cls_token]),
        (ours.positions, [base.embeddings.position_embeddings]),
    ]
    patches = base.embeddings.patch_embeddings.projection
    layers = [(ours.project, [patches]), (ours.norm, [base.layernorm])]
    layers.append((ours.head, [theirs.classifier]))
    for mine, other in zip(ours.blocks, base.layers, strict=True):
        looks = other.attention
        layers += [
            (mine.norm1, [other.layernorm_before]), (mine.norm2, [other.layernorm_after]),
            (mine.attention.qkv, [looks.q_proj, looks.k_proj, looks.v_proj]),
            (mine.attention.out, [looks.o_proj]),
            (mine.mlp.first, [other.mlp.fc1]), (mine.mlp.second, [other.mlp.fc2]),
        ]  # fmt: skip
    for mine, others in layers:
        pairs.append((mine.weight, [each.weight for each in others]))
        pairs.append((mine.bias, [each.bias for each in others]))
    return pairs


def worst_of_transformers(epsilon: float = model2.EPSILON) -> float:
    """The largest difference of scores, loss and all gradients."""
    ours, theirs = version2(), transformers_vit(epsilon)
    pairs = like_transformers(ours, theirs)
    fill(pairs)
    pictures, labels = examples()
    return compared(ours(pictures), theirs(2 * pictures - 1).logits, labels, pairs)


# -- the versions ------------------------------------------------------------------------------


MISTAKES = ("class_token_without_position", "residual_after_norm", "scaled_by_width")


def versions(mistakes=MISTAKES) -> float:
    """Version 1 against version 2 with the mistakes of version 1: scores, loss, gradients."""
    home = room("vit")
    with ExitStack() as stack:
        for name in mistakes:
            stack.enter_context(injected(model2, find_deviation(home, name)))
        ours, first = version2(), model1.ViT(model1.Config(**SMALL, dropout=0.0), CLASSES)
        pairs = like_version1(ours, first)
        fill(pairs, turned=True)
        with torch.no_grad():
            first.positions.copy_(ours.positions[1:])
        pictures, labels = examples()
        found = compared(ours(pictures), first(pictures), labels, pairs, turned=True)
    return max(found, measuring.worst([(ours.positions.grad[1:], first.positions.grad)]))


def like_version1(ours, first) -> list[tuple]:
    """Pairs as above; version 1's matrices stand the other way round."""
    pairs = [
        (ours.project.weight, [first.project]), (ours.project.bias, [first.bias]),
        (ours.class_token, [first.class_token]),
        (ours.norm.weight, [first.norm.gain]), (ours.norm.bias, [first.norm.bias]),
        (ours.head.weight, [first.head]), (ours.head.bias, [first.head_bias]),
    ]  # fmt: skip
    for mine, other in zip(ours.blocks, first.blocks, strict=True):
        a, m = other.attention, other.mlp
        pairs += [
            (mine.attention.qkv.weight, [a.w_q, a.w_k, a.w_v]),
            (mine.attention.qkv.bias, [a.b_q, a.b_k, a.b_v]),
            (mine.attention.out.weight, [a.w_o]), (mine.attention.out.bias, [a.b_o]),
            (mine.mlp.first.weight, [m.w_1]), (mine.mlp.first.bias, [m.b_1]),
            (mine.mlp.second.weight, [m.w_2]), (mine.mlp.second.bias, [m.b_2]),
        ]  # fmt: skip
        for norm, theirs in ((mine.norm1, other.norms[0]), (mine.norm2, other.norms[1])):
            pairs += [(norm.weight, [theirs.gain]), (norm.bias, [theirs.bias])]
    return pairs
