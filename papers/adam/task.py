"""The exam of the room: what an optimizer is worth on held-out images of digits.

Every version trains the same network on the same images in the same order; only the optimizer is
its own. The network has the form of Sec. 6.2 (two hidden layers of rectified units), with fewer
units, because the images have 64 pixels.

Which images stand in which split, and how they are scored: common/exams/digits.py.

Shapes: B images, P pixels, C classes, U hidden units.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Module, Parameter, ParameterList

from common.exams.digits import DigitsExam

HIDDEN = (128, 128)


class Network(Module):
    """x -> relu(x W + b) -> ... -> scores. Without hidden layers: logistic regression."""

    def __init__(self, pixels: int, classes: int, hidden: tuple[int, ...] = HIDDEN):
        super().__init__()
        sizes = (pixels, *hidden, classes)
        pairs = list(zip(sizes, sizes[1:]))
        # He et al. 2015: keeps the size of what rectified units pass on.
        drawn = (torch.randn(a, b) * (2 / a) ** 0.5 for a, b in pairs)
        self.weights = ParameterList(map(Parameter, drawn))
        self.biases = ParameterList(Parameter(torch.zeros(b)) for _, b in pairs)

    def forward(self, x: Tensor) -> Tensor:  # (B, P) -> (B, C)
        for i, (w, b) in enumerate(zip(self.weights, self.biases)):
            x = torch.addmm(b, x if i == 0 else x.relu(), w)  # (B, U or C)
        return x


class Exam(DigitsExam):
    """Losses in nats per image, beside the percentage of wrong digits on the test split."""

    of_curve = "loss"

    def network(self, hidden: tuple[int, ...] = HIDDEN) -> Network:
        """A network whose weights depend on the seed alone."""
        torch.manual_seed(self.seed)
        net = Network(self.train[0].shape[1], len(self.classes), hidden)
        return net.to(self.device, self.dtype)


def loss(net, images: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy, the mean over the images, in nats."""
    return F.cross_entropy(net(images).float(), labels)
