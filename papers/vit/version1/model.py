"""ViT, Dosovitskiy et al. 2020 (arXiv:2010.11929), version 1: a first reading.

Basic tensor operations and autograd. First weights, norm and dropout come from papers/transformer,
the optimizer is papers/adam's; patches, attention and the blocks stand here. Its mistakes are those
of early implementations, and are kept: papers/vit/evidence/deviations.py names them.

Symbols: P the side of a patch, N patches, D the width, L layers, h heads, as in the paper.
Shapes:  B batch, C channels, S pixels on a side, N patches, E = C P^2, T = N + 1 tokens, H heads,
         K = D / h, D width, M width inside the MLP, V classes.
"""

import math
from dataclasses import dataclass

import torch
from torch.nn import Module, ModuleList, Parameter

from papers.adam.version2 import model as adam
from papers.transformer.version2 import model as transformer


@dataclass(frozen=True)
class Config:  # defaults: Table 1, ViT-Base; Sec. 4.1; Table 3, training on ImageNet
    side: int = 224
    channels: int = 3
    patch: int = 16
    d_model: int = 768
    mlp: int = 3072
    heads: int = 12
    layers: int = 12
    dropout: float = 0.1
    images: int | None = None  # to learn from; None: all
    batch: int = 4096
    learning_rate: float = 3e-3
    weight_decay: float = 0.3
    steps: int = 93_000  # 300 passes over ImageNet

    def __post_init__(self):
        if self.d_model % self.heads or self.side % self.patch:
            raise ValueError("d_model must be a multiple of heads, and side of patch")


def patches(x, size):  # (B, C, S, S) -> (B, N, E)
    """x_p (Sec. 3.1): patches row by row, all numbers of a patch in one row."""
    x = x.unfold(2, size, size).unfold(3, size, size)  # where a patch begins, then within it
    return x.permute(0, 2, 3, 1, 4, 5).flatten(3).flatten(1, 2)


def gelu(x):
    """x Phi(x), Phi the normal distribution function (Hendrycks & Gimpel 2016, Eq. 1)."""
    return x * 0.5 * (1 + torch.erf(x / math.sqrt(2)))


class Attention(Module):
    """softmax(Q K^T / sqrt(D)) V, h heads in parallel (Eq. 5 to 8)."""

    def __init__(self, config):
        super().__init__()
        d, self.heads = config.d_model, config.heads
        self.w_q, self.w_k, self.w_v, self.w_o = (transformer.matrix(d, d) for _ in range(4))
        self.b_q, self.b_k, self.b_v, self.b_o = (Parameter(torch.zeros(d)) for _ in range(4))

    def looks(self, x):  # (B, T, D) -> (B, H, T, T)
        """A of Eq. 6: how much each token looks at each other."""
        q = self.split(x @ self.w_q + self.b_q)  # (B, H, T, K)
        k = self.split(x @ self.w_k + self.b_k)  # (B, H, T, K)
        scores = q @ k.transpose(-2, -1) / math.sqrt(x.shape[-1])  # (B, H, T, T)
        return scores.softmax(-1)

    def forward(self, x):  # (B, T, D) -> (B, T, D)
        v = self.split(x @ self.w_v + self.b_v)  # (B, H, T, K)
        joined = (self.looks(x) @ v).transpose(1, 2).flatten(-2)  # (B, T, D)
        return joined @ self.w_o + self.b_o  # (B, T, D): Eq. 8

    def split(self, x):
        """(B, T, D) -> (B, H, T, K)."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)


class MLP(Module):
    """Two layers with a GELU (Sec. 3.1); dropout follows both, that of the second in Block."""

    def __init__(self, config):
        super().__init__()
        d, m, self.p = config.d_model, config.mlp, config.dropout
        self.w_1, self.b_1 = transformer.matrix(d, m), Parameter(torch.zeros(m))
        self.w_2, self.b_2 = transformer.matrix(m, d), Parameter(torch.zeros(d))

    def forward(self, x):  # (B, T, D) -> (B, T, D)
        x = gelu(x @ self.w_1 + self.b_1)  # (B, T, M)
        return transformer.dropout(x, self.p, self.training) @ self.w_2 + self.b_2


class Block(Module):
    """Attention, then the MLP, each with a norm and a residual path (Eq. 2 and 3)."""

    def __init__(self, config):
        super().__init__()
        self.norms = ModuleList([transformer.LayerNorm(config.d_model) for _ in range(2)])
        self.attention, self.mlp, self.p = Attention(config), MLP(config), config.dropout

    def forward(self, x):  # (B, T, D) -> (B, T, D)
        x = x + transformer.dropout(self.attention(self.norms[0](x)), self.p, self.training)
        x = self.norms[1](x)
        return x + transformer.dropout(self.mlp(x), self.p, self.training)


class ViT(Module):
    """Patches, a linear map of each, positions, a class token, blocks, a norm, the head."""

    def __init__(self, config, classes):
        super().__init__()
        self.config, d = config, config.d_model
        self.project = transformer.matrix(config.channels * config.patch**2, d)  # E of Eq. 1
        self.bias = Parameter(torch.zeros(d))
        self.positions = Parameter(torch.randn((config.side // config.patch) ** 2, d))
        self.class_token = Parameter(torch.randn(1, d))
        self.blocks = ModuleList([Block(config) for _ in range(config.layers)])
        self.norm = transformer.LayerNorm(d)
        self.head, self.head_bias = transformer.matrix(d, classes), Parameter(torch.zeros(classes))

    def embed(self, pictures):  # (B, C, S, S) -> (B, T, D)
        """z_0 of Eq. 1, from pixels between 0 and 1."""
        x = patches(2 * pictures - 1, self.config.patch)  # (B, N, E)
        x = x @ self.project + self.bias + self.positions  # (B, N, D)
        x = torch.cat([self.class_token.expand(len(x), 1, -1), x], 1)  # (B, T, D)
        return transformer.dropout(x, self.config.dropout, self.training)

    def forward(self, pictures):  # (B, C, S, S) -> (B, V)
        x = self.embed(pictures)  # (B, T, D)
        for block in self.blocks:
            x = block(x)
        return self.norm(x[:, 0]) @ self.head + self.head_bias  # (B, V): of the class token, Eq. 4


def loss(scores, labels):
    """Cross-entropy in nats per image: the mean over the images."""
    log_p = scores - scores.logsumexp(-1, keepdim=True)  # (B, V)
    return -log_p.gather(-1, labels[:, None]).mean()


class Learner:
    """The loop's body: loss, gradients, one step of AdamW at a constant rate."""

    def __init__(self, config, net, masters, seed):
        self.net, self.masters, self.seed = net, masters, seed
        self.optimizer = adam.AdamW(
            masters.masters, lr=config.learning_rate, weight_decay=config.weight_decay
        )

    def step(self, pictures, labels, i):
        """Learn from the i-th batch; its loss before that, in nats per image."""
        torch.manual_seed(self.seed * 1_000_003 + i)  # of dropout: the same after a restart
        value = loss(self.net(pictures), labels)
        value.backward()
        self.masters.take_gradients()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()
