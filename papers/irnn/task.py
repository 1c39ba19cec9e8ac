# Decide here: on which data and by which measure are all versions judged alike?
"""The exam of the room: what an optimizer is worth on held-out images of digits.

Every version trains the same network on the same images in the same order; only the optimizer is
its own. The network has the form of Sec. 6.2 (two hidden layers of rectified units), with fewer
units, because the images have 64 pixels.

The set is in the order of its writers: the labels repeat one form of about 130 digits, 14 times.
(scikit-learn names 13 writers for them, so one of them may have filled in two.) No form is in two
splits. Of the first nine forms each seed draws SAMPLE images for training; the next two are the
validation split, on which rates were chosen. The test begins within the twelfth, whose images
before that are left out. Test images are seen once, at the end of a run.

Shapes: B images, P pixels, C classes, U hidden units.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Module, Parameter, ParameterList

from common.data.images import load_images

HIDDEN = (128, 128)
TRAINING, VALIDATION = slice(0, 1_157), slice(1_157, 1_415)  # forms begin at 1157 and at 1415
SAMPLE = 1_000  # training images, drawn anew by each seed


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


class Exam:
    """Images, batches, network and scoring for one set and one seed."""

    def __init__(self, data: str, seed: int, engine=None):
        images = load_images(data, report=lambda line: None)
        self.seed = seed
        self.device, self.dtype = (engine.device, engine.dtype) if engine else ("cpu", None)
        self.classes = len(images.classes)
        drawn = torch.randperm(TRAINING.stop, generator=generator(seed))[:SAMPLE]
        self.train = self._tensors(images.train[drawn], images.train_labels[drawn])
        self.validation = self._tensors(images.train[VALIDATION], images.train_labels[VALIDATION])
        self.test = self._tensors(images.test, images.test_labels)

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
