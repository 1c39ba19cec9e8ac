"""What a user asks of this room's networks: the class of a picture, and where they looked.

Shapes: B images, C channels, S pixels on a side, H heads, T tokens.
"""

from __future__ import annotations

import numpy as np
import torch

from common.ask.abilities import Classifier
from common.ask.writer import Attention
from common.data.pictures import resized
from papers.vit.task import Exam

BRIGHT = 127


def classifier(exam: Exam, net) -> Classifier:
    """A net of either version as a Classifier of pictures, which also shows where it looks.

    Its first map is the rollout, over the image: its parts sum to 1.
    """

    def classify(picture):
        return net(pixels(exam, picture)).float().softmax(-1)[0].numpy()

    def attend(picture):
        maps, names = looks(net, pixels(exam, picture)), tokens(net)
        found = [Attention(f"layer {n}", names, names, m) for n, m in enumerate(maps, 1)]
        whole = read_out(rollout(maps), has_class(net)).reshape(1, grid(net), grid(net))
        rows, columns = (
            [f"{side} {n + 1}" for n in range(grid(net))] for side in ("row", "column")
        )
        return [Attention("rollout", rows, columns, whole), *found]

    return Classifier(exam.classes, classify, reads="image", attend=attend)


def pixels(exam: Exam, picture) -> torch.Tensor:
    """A user's picture as a batch of one of the exam's: small; in colour, or grey and bright on
    dark however it was drawn."""
    if exam.channels == 3:
        small = torch.tensor(resized(picture, exam.side, exam.side))
        return exam.pictures(small.permute(2, 0, 1)[None])
    grey = resized(picture, exam.side, exam.side, grey=True)
    paper = np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]]))
    grey = 255 - grey if paper > BRIGHT else grey
    return exam.pictures(torch.tensor(grey)[None, None])


@torch.no_grad()
def looks(net, pictures) -> list[np.ndarray]:
    """The attention (H, T, T) of each layer, over the first of the pictures."""
    found = []

    def note(attention, given):
        found.append(attention.looks(given[0])[0].float().numpy())  # (H, T, T)

    hooks = [block.attention.register_forward_pre_hook(note) for block in net.blocks]
    try:
        net(pictures)
    finally:
        for hook in hooks:
            hook.remove()
    return found


def rollout(maps) -> np.ndarray:
    """Attention through all layers: (T, T), each row sums to 1 (App. D.8; Abnar and Zuidema 2020).

    The heads' mean, half of it for the residual path, multiplied from the first layer to the last.
    """
    through = np.eye(maps[0].shape[-1])
    for layer in maps:
        mixed = 0.5 * layer.mean(0) + 0.5 * np.eye(len(through))  # (T, T)
        through = mixed @ through  # (T, T)
    return through


def read_out(through, extra) -> np.ndarray:
    """Of a rollout, what the answer draws from each patch: parts of 1."""
    row = (through[0] if extra else through.mean(0))[extra:]
    return row / row.sum()


def has_class(net) -> int:
    """Tokens before the patches: the class token, or none."""
    return int(net.class_token is not None)


def grid(net) -> int:
    """Patches on a side."""
    return net.config.side // net.config.patch


def tokens(net) -> list[str]:
    """Names: patches by row and column, after the class token where there is one."""
    side = range(1, grid(net) + 1)
    return ["class"] * has_class(net) + [f"{row},{column}" for row in side for column in side]
