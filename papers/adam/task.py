"""The exam of the room: what an optimizer is worth on held-out images of digits.

Every version trains the same network on the same images in the same order; only the optimizer is
its own. The network has the form of Sec. 6.2 (two hidden layers of rectified units), with fewer
units, because the images have 64 pixels.

The set's training part is cut: its first KNOWN images are for training, of which each seed draws
SAMPLE; the rest, by other writers, is the validation split on which rates were chosen. The test
images are seen once, at the end of a run.

Shapes: B images, P pixels, C classes.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Module, Parameter, ParameterList

from common.data.images import load_images

HIDDEN = (128, 128)
KNOWN = 0.8  # of the set's training part
SAMPLE = 0.85  # of those, drawn anew by each seed
LARGEST = 1_000  # images that a seed draws at most, however large the set


class Network(Module):
    """x -> relu(x W + b) -> ... -> scores (B, C). Without hidden layers: logistic regression."""

    def __init__(self, pixels: int, classes: int, hidden: tuple[int, ...] = HIDDEN):
        super().__init__()
        sizes = (pixels, *hidden, classes)
        pairs = list(zip(sizes, sizes[1:]))
        # He et al. 2015: keeps the size of what rectified units pass on.
        drawn = (torch.randn(a, b) * (2 / a) ** 0.5 for a, b in pairs)
        self.weights = ParameterList(map(Parameter, drawn))
        self.biases = ParameterList(Parameter(torch.zeros(b)) for _, b in pairs)

    def forward(self, x: Tensor) -> Tensor:
        for i, (w, b) in enumerate(zip(self.weights, self.biases)):
            x = torch.addmm(b, x if i == 0 else x.relu(), w)
        return x


class Exam:
    """Images, batches, network and scoring for one set and one seed."""

    def __init__(self, data: str, seed: int, engine=None):
        images = load_images(data, report=lambda line: None)
        self.seed = seed
        self.device, self.dtype = (engine.device, engine.dtype) if engine else ("cpu", None)
        self.classes = len(images.classes)
        known = int(len(images.train) * KNOWN)
        whole = self._tensors(images.train, images.train_labels)
        drawn = torch.randperm(known, generator=generator(seed))[: self._size(known)]
        self.train = tuple(part[drawn.to(part.device)] for part in whole)
        self.validation = tuple(part[known:] for part in whole)
        self.test = self._tensors(images.test, images.test_labels)

    @staticmethod
    def _size(known: int) -> int:
        return min(LARGEST, int(known * SAMPLE))

    def _tensors(self, images, labels) -> tuple[Tensor, Tensor]:
        x = torch.as_tensor(images.reshape(len(images), -1) / 255).float()
        return x.to(self.device, self.dtype), torch.as_tensor(labels, device=self.device)

    def network(self, hidden: tuple[int, ...] = HIDDEN) -> Network:
        """A network whose weights depend on the seed alone."""
        torch.manual_seed(self.seed)
        net = Network(self.train[0].shape[1], self.classes, hidden)
        return net.to(self.device, self.dtype)

    def batch(self, i: int, size: int) -> tuple[Tensor, Tensor]:
        """The i-th batch: each pass over the images has an order of its own."""
        size = min(size, len(self.train[0]))
        passed, at = divmod(i, len(self.train[0]) // size)
        order = torch.randperm(len(self.train[0]), generator=generator(self.seed, passed + 1))
        chosen = order[at * size : (at + 1) * size].to(self.device)
        return self.train[0][chosen], self.train[1][chosen]

    def validate(self, net) -> float:
        """Nats per image on the validation split, for the curve."""
        return score(net, *self.validation)[0]

    def finish(self, net) -> tuple[dict[str, float], list[str]]:
        """The final metrics: losses in nats per image, errors in percent. There is no sample."""
        test_loss, test_error = score(net, *self.test)
        metrics = {
            "test_loss": test_loss,
            "test_error": test_error,
            "validation_loss": self.validate(net),
            "train_loss": score(net, *self.train)[0],
        }
        return metrics, []


def generator(*numbers: int) -> torch.Generator:
    """Random numbers that are a function of `numbers` (each below 2^20)."""
    seed = 0
    for number in numbers:
        seed = (seed << 20) + number + 1
    return torch.Generator().manual_seed(seed)


def loss(net, images: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy, the mean over the images, in nats."""
    return F.cross_entropy(net(images).float(), labels)


@torch.no_grad()
def score(net, images: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean cross-entropy in nats, and the percentage of wrong classes."""
    scores = net(images).float()
    wrong = (scores.argmax(1) != labels).float().mean()
    return F.cross_entropy(scores, labels).item(), 100 * wrong.item()
