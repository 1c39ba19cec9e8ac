"""ViT, Dosovitskiy et al. 2020 (arXiv:2010.11929), version 2: the published network, fast.

Against version 1: each residual path is taken before its norm, scores are divided by the root of a
head's width, first weights as in the published code; one product for queries, keys and values,
attention plain or fused by length. And the recipe that later became usual where data are few:
images moved, sublayers dropped, labels smoothed, and the mean of the patches in place of the class
token.

Symbols: P the side of a patch, N patches, D the width, L layers, h heads, as in the paper.
Shapes:  B batch, C channels, S pixels on a side, N patches, E = C P^2, T tokens, H heads,
         K = D / h, D width, V classes; R tokens of an image of another size.
"""

import math
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch.nn import LayerNorm, Linear, Module, ModuleList, Parameter
from torch.nn.utils import clip_grad_norm_

from papers.adam.version2.model import AdamW, groups

EPSILON = 1e-6  # of the norms, in the published code
FUSED_FROM = 512  # tokens: on a CPU the fused kernel pays from about here on
ALIKE = 8  # images of a batch that are moved together


@dataclass(frozen=True)
class Config:  # defaults: Table 1, ViT-Base; Sec. 4.1; Table 3, training on ImageNet
    side: int = 224
    channels: int = 3
    patch: int = 16
    d_model: int = 768
    mlp: int = 3072
    heads: int = 12
    layers: int = 12
    pool: str = "mean"  # of the patches, as in App. D.3; "class": the class token (Eq. 4)
    dropout: float = 0.1
    depth_dropout: float = 0.0  # share of images for which the last sublayer is left out
    smoothing: float = 0.0  # of the labels
    shift: int = 0  # pixels by which images are moved at most
    mirrored: float = 0.0  # share of images
    images: int | None = None  # to learn from; None: all
    batch: int = 4096
    learning_rate: float = 3e-3
    warmup: int = 10_000
    weight_decay: float = 0.3
    clip: float = 1.0
    steps: int = 93_000  # 300 passes over ImageNet

    def __post_init__(self):
        if self.d_model % self.heads or self.side % self.patch:
            raise ValueError("d_model must be a multiple of heads, and side of patch")
        if self.pool not in ("class", "mean"):
            raise ValueError("pool must be 'class' or 'mean'")

    @property
    def grid(self):
        """Patches on a side."""
        return self.side // self.patch


def patches(x, size):  # (B, C, S, S) -> (B, N, E)
    """x_p (Sec. 3.1): patches row by row, each flattened as a convolution's weights are."""
    b, c, side, _ = x.shape
    cut = (b, c, side // size, size, side // size, size)
    return x.view(cut).permute(0, 2, 4, 1, 3, 5).reshape(b, -1, c * size * size)


def attend(q, k, v):
    """softmax(q k^T / sqrt(D_h)) v: three times (B, H, T, K) -> (B, H, T, K). Eq. 6, 7."""
    scale = q.shape[-1] ** -0.5
    if q.device.type != "cpu" or q.shape[-2] >= FUSED_FROM:
        return F.scaled_dot_product_attention(q, k, v, scale=scale)
    return weights(q, k, scale) @ v  # (B, H, T, K)


def weights(q, k, scale):
    """How much each token looks at each other: twice (B, H, T, K) -> (B, H, T, T)."""
    return (q * scale @ k.transpose(-2, -1)).softmax(-1)  # (B, H, T, T)


class Attention(Module):
    """Queries, keys and values from one product (Eq. 5)."""

    def __init__(self, config):
        super().__init__()
        d, self.heads = config.d_model, config.heads
        self.qkv, self.out = Linear(d, 3 * d), Linear(d, d)

    def split(self, x):  # (B, T, D)
        """Queries, keys, values: three times (B, H, T, K)."""
        b, t, d = x.shape
        return self.qkv(x).view(b, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)

    def forward(self, x):  # (B, T, D) -> (B, T, D)
        y = attend(*self.split(x))  # (B, H, T, K)
        return self.out(y.transpose(1, 2).flatten(2))  # (B, T, D): Eq. 8

    def looks(self, x):
        """(B, T, D) -> (B, H, T, T): where each head looks."""
        q, k, _ = self.split(x)
        return weights(q, k, q.shape[-1] ** -0.5)


class MLP(Module):
    """Two layers with a GELU (Sec. 3.1); dropout follows both, that of the second in Block."""

    def __init__(self, config):
        super().__init__()
        self.p = config.dropout
        self.first, self.second = (
            Linear(config.d_model, config.mlp), Linear(config.mlp, config.d_model)
        )  # fmt: skip

    def forward(self, x):  # (B, T, D) -> (B, T, D)
        return self.second(F.dropout(F.gelu(self.first(x)), self.p, self.training))


class Block(Module):
    """Attention and MLP, each with a norm before it and its input added after it (Eq. 2, 3)."""

    def __init__(self, config, depth):
        super().__init__()
        self.norm1, self.norm2 = (LayerNorm(config.d_model, EPSILON) for _ in range(2))
        self.attention, self.mlp = Attention(config), MLP(config)
        self.p, self.left_out = config.dropout, config.depth_dropout * depth

    def forward(self, x):  # (B, T, D) -> (B, T, D)
        x = x + self.drop(self.attention(self.norm1(x)))
        return x + self.drop(self.mlp(self.norm2(x)))

    def drop(self, x):
        if self.p:
            x = F.dropout(x, self.p, self.training)
        return leave_out(x, self.left_out) if self.training and self.left_out else x


def leave_out(x, p):
    """Stochastic depth (Huang et al. 2016): all of `x` (B, T, D) is zero for a share p of images.

    What is left grows, so that the mean stays.
    """
    kept = torch.rand(len(x), 1, 1, device=x.device) >= p  # (B, 1, 1)
    return x * (kept / (1 - p)).to(x.dtype)


class ViT(Module):
    """Patches, a linear map of each, positions, blocks, a norm and the head (Sec. 3.1, Fig. 1)."""

    def __init__(self, config, classes):
        super().__init__()
        self.config, d = config, config.d_model
        entries = config.channels * config.patch**2
        self.project = Linear(entries, d)  # E of Eq. 1, with a bias as in the published code
        self.extra = int(config.pool == "class")  # tokens before the patches
        self.class_token = Parameter(torch.zeros(1, d)) if self.extra else None
        self.positions = Parameter(torch.zeros(config.grid**2 + self.extra, d))
        depths = [n / max(1, config.layers - 1) for n in range(config.layers)]
        self.blocks = ModuleList([Block(config, depth) for depth in depths])
        self.norm, self.head = LayerNorm(d, EPSILON), Linear(d, classes)
        self.initialise()

    def initialise(self):
        """As in the published code: Xavier's, LeCun's for patches, 0.02 for positions, head 0."""
        for name, p in self.named_parameters():
            if name.endswith("bias"):
                torch.nn.init.zeros_(p)
            elif name.startswith("blocks") and p.dim() > 1:
                for part in p.chunk(3) if "qkv" in name else [p]:
                    torch.nn.init.xavier_uniform_(part)
        entries = self.project.in_features
        torch.nn.init.trunc_normal_(self.project.weight, std=entries**-0.5)
        torch.nn.init.normal_(self.positions, std=0.02)
        torch.nn.init.zeros_(self.head.weight)

    def places(self):
        """What is added to each token (T, D): E_pos of Eq. 1, which must learn what is near."""
        return self.positions

    def embed(self, pictures):  # (B, C, S, S) -> (B, T, D)
        """z_0 of Eq. 1, from pixels between 0 and 1."""
        x = self.project(patches(2 * pictures - 1, self.config.patch))  # (B, N, D)
        if self.extra:
            x = torch.cat([self.class_token.expand(len(x), 1, -1), x], 1)  # (B, T, D)
        return F.dropout(x + self.places(), self.config.dropout, self.training)

    def pool(self, x):  # (B, T, D) -> (B, D)
        """The class token, or the mean of all patches, under the last norm (Eq. 4; App. D.3)."""
        x = self.norm(x)
        return x[:, 0] if self.extra else x.mean(1)

    def forward(self, pictures):  # (B, C, S, S) -> (B, V)
        x = self.embed(pictures)  # (B, T, D)
        for block in self.blocks:
            x = block(x)
        return self.head(self.pool(x))


def resized(positions, grid, extra):
    """`positions` (T, D) for an image of another size: (R, D), what is between is interpolated.

    `grid` patches on a side there (Sec. 3.2). The `extra` tokens before the patches have no place
    in the image, and theirs stay. ValueError for patches that are no square.
    """
    before, rest = positions[:extra], positions[extra:]
    side = math.isqrt(len(rest))
    if side * side != len(rest):
        raise ValueError(f"{len(rest)} patches are no square")
    grow = partial(F.interpolate, size=(grid, grid), mode="bicubic", align_corners=False)
    return torch.cat([before, grow(rest.t().view(1, -1, side, side))[0].flatten(1).t()])


def loss(scores, labels, smoothing=0.0):
    """Cross-entropy in nats per image: the mean over the images, with smoothed labels."""
    return F.cross_entropy(scores.float(), labels, label_smoothing=smoothing)


def learning_rate(i, config):
    """Up linearly in `warmup` steps, then down to zero along a cosine (Table 3)."""
    if i < config.warmup:
        return config.learning_rate * (i + 1) / config.warmup
    done = (i - config.warmup) / max(1, config.steps - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


class Learner:
    """`move` changes images at random, those of one call alike."""

    def __init__(self, config, net, masters, seed, move=None):
        self.config, self.net, self.masters = config, net, masters
        self.seed, self.move = seed, move
        named = zip((name for name, _ in net.named_parameters()), masters.masters)
        self.optimizer = AdamW(groups(named, config.weight_decay))

    def moved(self, pictures):
        """Images as they are learned from: ALIKE of them are moved together, which costs an
        eighth of moving each alone."""
        if self.move is None:
            return pictures
        return torch.cat([self.move(part) for part in pictures.split(ALIKE)])

    def step(self, pictures, labels, i):
        """Learn from the i-th batch; its loss before that, in nats per image."""
        torch.manual_seed(self.seed * 1_000_003 + i)  # the same after a restart
        value = loss(self.net(self.moved(pictures)), labels, self.config.smoothing)
        value.backward()
        self.masters.take_gradients()
        clip_grad_norm_(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(i, self.config)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
