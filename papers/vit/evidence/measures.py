"""How the claims of claims.py are measured; the trainings are in experiments.py."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from common.evidence import measuring
from common.evidence.claims import Equal, Exact
from common.evidence.measuring import worst
from papers.vit.evidence import twins
from papers.vit.version2 import model as model2

TABLE1 = {  # as printed: L, D, MLP, heads, millions of parameters
    "base": (12, 768, 3072, 12, 86),
    "large": (24, 1024, 4096, 16, 307),
    "huge": (32, 1280, 5120, 16, 632),
}
CLASSES = 1000  # of ImageNet

# -- exact --------------------------------------------------------------------------------------


def parameters(size: str, patch: int, classes: int = CLASSES) -> int:
    """Of version 2 at a size of Table 1, built on no device."""
    layers, d, mlp, heads, _ = TABLE1[size]
    sizes = {"patch": patch, "layers": layers, "d_model": d, "mlp": mlp, "heads": heads}
    config = model2.Config(**sizes, pool="class")
    return measuring.parameters(lambda: model2.ViT(config, classes))


def count(size: str, patch: int, head: bool = True) -> Exact:
    """In millions, with a head of 1,000 classes or without; the note has both."""
    whole, d = parameters(size, patch), TABLE1[size][1]
    body = whole - (d + 1) * CLASSES
    note = f"{body:,} without a head, {whole:,} with one for {CLASSES:,} classes"
    return Exact(round((whole if head else body) / 1e6), TABLE1[size][-1], note=note)


def base() -> Exact:
    """Without the head: with it the number would round to 87."""
    return count("base", 16, head=False)


def large() -> Exact:
    return count("large", 16)


def large_with_patches_of_32() -> Exact:
    """Larger patches add more to the first product than they save of positions."""
    return count("large", 32)


def huge() -> Exact:
    return count("huge", 14)


def patches_of() -> Exact:
    """Of the published sizes, by cutting an image of 224 x 224."""
    image = torch.zeros(1, 3, 224, 224)
    found = {size: model2.patches(image, size).shape[1] for size in (32, 16, 14)}
    told = ", ".join(f"{size}: {n}" for size, n in found.items())
    return Exact(told, ", ".join(f"{size}: {224 * 224 // size**2}" for size in found))


def projection_is_a_convolution() -> Exact:
    """The largest difference from a convolution whose stride is its size."""
    net, (pictures, _) = twins.version2(), twins.examples()
    p, weight = net.config.patch, net.project.weight
    filters = weight.view(-1, twins.SMALL["channels"], p, p)
    wanted = F.conv2d(pictures, filters, net.project.bias, stride=p).flatten(2).transpose(1, 2)
    found = net.project(model2.patches(pictures, p))
    return Exact(worst([(found, wanted)]), 0.0, tolerance=1e-5)


def without_positions_order_is_nothing() -> Exact:
    """Scores after patches changed places, without positions; the note has them with positions."""
    differences = []
    for scale in (0, 1):
        net, (pictures, _) = twins.version2(), twins.examples()
        with torch.no_grad():
            net.positions.mul_(scale)
            p = net.config.patch
            whole = F.unfold(pictures, p, stride=p)
            order = torch.randperm(whole.shape[-1], generator=torch.Generator().manual_seed(0))
            moved = F.fold(whole[..., order], pictures.shape[-2:], p, stride=p)
            differences.append(worst([(net(pictures), net(moved))]))
    note = f"with positions they differ by {differences[1]:.2g}"
    return Exact(differences[0], 0.0, tolerance=1e-5, note=note)


def class_token_needs_no_position() -> Exact:
    """Scores of a net, and of one whose class token has taken its position in."""
    (pictures, _), nets = twins.examples(), [twins.version2(), twins.version2()]
    with torch.no_grad():
        nets[1].class_token.add_(nets[1].positions[0])
        nets[1].positions[0].zero_()
        return Exact(worst([(net(pictures) for net in nets)]), 0.0, tolerance=1e-5)


def the_whole_image_from_the_first_block() -> Exact:
    """To how many patches, of nine, one patch's output of the first block answers."""
    net, (pictures, _) = twins.version2(), twins.examples(1)
    x = net.embed(pictures).detach().requires_grad_()
    net.blocks[0](x)[0, 1].sum().backward()
    return Exact(int((x.grad[0, 1:].abs().sum(-1) > 0).sum()), 9)


def positions_of_the_same_size_stay() -> Exact:
    """Positions interpolated for as many patches as there are."""
    positions = torch.randn(1 + 14 * 14, 8, generator=torch.Generator().manual_seed(0))
    found = model2.resized(positions, 14, 1)
    return Exact(worst([(found, positions)]), 0.0, tolerance=1e-6)


# -- equivalence --------------------------------------------------------------------------------


def is_torchvisions() -> Equal:
    return Equal(twins.worst_of_torchvision(), 1e-5)


def is_transformers() -> Equal:
    return Equal(twins.worst_of_transformers(), 1e-5)


def versions_agree() -> Equal:
    return Equal(twins.versions(), 1e-5)
