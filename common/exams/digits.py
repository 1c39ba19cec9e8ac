"""The exam over small pictures of digits: how many of 297 are taken for another digit.

The pictures of `digits` stand form by form, as their writers filled them in: the labels run through
one form of about 130 digits, 14 times. No form is in two splits. Of the first nine forms each seed
draws SAMPLE pictures for training; the next two are the validation split. The test begins within
the twelfth, whose pictures before that are left out.

A room's `task.py` says in which order the pixels are read, if that matters, and nothing else. A
version hands over a net, or any function from pixels (a row for each picture, 0 to 1) to scores.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from common.data.images import load_images
from common.errors import UserError

TRAINING, VALIDATION = slice(0, 1_157), slice(1_157, 1_415)  # forms begin at 1157 and at 1415
SAMPLE = 1_000  # training pictures, drawn anew by each seed

Net = Callable[[Tensor], Tensor]


class DigitsExam:
    """Pictures as rows of pixels, batches and scoring, for one set and one seed."""

    of_curve = "error"  # or "loss": what is told of the splits beside the test

    def __init__(self, data: str, seed: int, engine=None, order: Tensor | None = None):
        images = load_images(data, report=lambda line: None)
        if order is not None and len(order) != images.train[0].size:
            raise UserError(
                f"the images of {images.name} have {images.train[0].size} pixels, and the order in "
                f"which they are read is one of {len(order)}: leave out --data."
            )
        self.seed, self.order = seed, order
        self.device, self.dtype = (engine.device, engine.dtype) if engine else ("cpu", None)
        self.classes = images.classes
        self.side = images.train.shape[1]
        self.images = images
        self.train = self.part(torch.randperm(TRAINING.stop, generator=generator(seed))[:SAMPLE])
        self.validation = self.part(VALIDATION)
        self.test = self._tensors(images.test, images.test_labels)

    def part(self, chosen: slice | Tensor) -> tuple[Tensor, Tensor]:
        """Pixels and labels of some of the pictures that stand before the test."""
        return self._tensors(self.images.train[chosen], self.images.train_labels[chosen])

    def _tensors(self, images, labels) -> tuple[Tensor, Tensor]:
        return self.pixels(images), torch.as_tensor(labels, device=self.device)

    def pixels(self, images) -> Tensor:
        """A row of pixels for each of the uint8 pictures, in the order in which they are read."""
        rows = torch.as_tensor(images.reshape(len(images), -1) / 255).float()
        rows = rows if self.order is None else rows[:, self.order]
        return rows.to(self.device, self.dtype)

    def batch(self, i: int, size: int) -> tuple[Tensor, Tensor]:
        """The i-th batch: each pass over the pictures has an order of its own."""
        pixels, labels = self.train
        size = min(size, len(pixels))
        passed, at = divmod(i, len(pixels) // size)
        shuffled = torch.randperm(len(pixels), generator=generator(self.seed, passed + 1))
        chosen = shuffled[at * size : (at + 1) * size].to(self.device)
        return pixels[chosen], labels[chosen]

    def validate(self, net: Net) -> float:
        """Percent wrong or nats on the validation split, for the curve."""
        return score(net, *self.validation)[self.of_curve]

    def finish(self, net: Net) -> tuple[dict[str, float], list[str]]:
        """The final metrics: errors in percent, losses in nats. There is no sample."""
        test = score(net, *self.test)
        metrics = {
            "test_loss": test["loss"],
            "test_error": test["error"],
            f"validation_{self.of_curve}": self.validate(net),
            f"train_{self.of_curve}": score(net, *self.train)[self.of_curve],
        }
        return metrics, []


def generator(*numbers: int) -> Generator:
    """Random numbers that are a function of `numbers` (each below 2^20)."""
    seed = 0
    for number in numbers:
        seed = (seed << 20) + number + 1
    return Generator().manual_seed(seed)


@torch.no_grad()
def score(net: Net, pixels: Tensor, labels: Tensor) -> dict[str, float]:
    """The mean cross-entropy in nats (`loss`), and the percentage of wrong digits (`error`)."""
    scores = net(pixels).float()
    wrong = (scores.argmax(1) != labels).float().mean()
    return {"loss": F.cross_entropy(scores, labels).item(), "error": 100 * wrong.item()}
