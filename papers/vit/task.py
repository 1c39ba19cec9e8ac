"""The exam of the room: how many test images of Fashion-MNIST are taken for another class.

A seed draws its training images; the last twelfth of the set's training part is the validation
split, and all of its test part the test. Where digits of 8 x 8 pixels stand in for it, they are
drawn larger, and split by their writers (common/exams/digits.py). Images of CIFAR-10, which
`--data cifar10` puts in their place, have 32 pixels on a side, and colours.

Shapes: B images, C channels, S pixels on a side.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from common.data.images import Images, load_images, load_torchvision
from common.errors import UserError
from common.exams.digits import TRAINING, VALIDATION, generator

SIDE = 28  # pixels: of Fashion-MNIST, and of digits as they are drawn
HELD_OUT = 12  # one in so many training images: 5,000 of Fashion-MNIST's
CURVE, PIECE = 500, 500  # images for a point of the curve; images at once
QUICK = 1_000  # images of each split, where a run shall be quick

Net = Callable[[Tensor], Tensor]


class Exam:
    """Images, batches and scoring, for one set and one seed."""

    def __init__(
        self, data: str, seed: int, engine=None, images: int | None = None, quick: bool = False
    ):
        found = load_images(data, report=lambda line: None)
        self.name, self.seed, self.classes = found.name, seed, found.classes
        self.device, self.dtype = (engine.device, engine.dtype) if engine else ("cpu", None)
        training, validation = splits(found)
        chosen = torch.randperm(training.stop, generator=generator(seed))[:images].numpy()
        self.train = self.part(found.train[chosen], found.train_labels[chosen])
        self.validation = self.part(found.train[validation], found.train_labels[validation], quick)
        self.test = self.part(found.test, found.test_labels, quick)
        self.channels, self.side = self.test[0].shape[1:3]

    def check(self, config) -> None:
        """UserError, with the settings that mend it, where a network of that config cannot read
        these images."""
        if (config.side, config.channels) == (self.side, self.channels):
            return
        settings = {"side": self.side, "channels": self.channels}
        if self.side % config.patch:
            fitting = [p for p in range(1, self.side + 1) if self.side % p == 0]
            settings["patch"] = min(fitting, key=lambda p: abs(p - config.patch))
        given = " ".join(f"-S {name}={value}" for name, value in settings.items())
        kind = "grey" if self.channels == 1 else "in colour"
        raise UserError(
            f"the images of {self.name} have {self.side} x {self.side} pixels and are {kind}; the "
            f"network reads {config.side} x {config.side} with channels={config.channels}: add "
            f"{given}."
        )

    def part(self, images, labels, quick: bool = False) -> tuple[Tensor, Tensor]:
        """Bytes and labels of images, or of the first of them."""
        most = QUICK if quick else None
        return sized(images[:most]), torch.tensor(labels[:most])

    def pictures(self, bytes_: Tensor) -> Tensor:
        """0 to 255 as 0 to 1, where the run computes."""
        return (bytes_.to(self.device) / 255).to(self.dtype or torch.float32)

    def batch(self, i: int, size: int) -> tuple[Tensor, Tensor]:
        """The i-th batch: each pass over the images has an order of its own."""
        pictures, labels = self.train
        size = min(size, len(pictures))
        passed, at = divmod(i, len(pictures) // size)
        order = torch.randperm(len(pictures), generator=generator(self.seed, passed + 1))
        chosen = order[at * size : (at + 1) * size]
        return self.pictures(pictures[chosen]), labels[chosen].to(self.device)

    def score(self, net: Net, part: tuple[Tensor, Tensor], most: int | None = None):
        """Of a part, or its first images: {"loss": nats, "error": percent wrong}."""
        return score(net, self.pictures, *(each[:most] for each in part))

    def validate(self, net: Net) -> float:
        """Percent wrong of the first validation images, for the curve."""
        return self.score(net, self.validation, CURVE)["error"]

    def finish(self, net: Net) -> tuple[dict[str, float], list[str]]:
        """The final metrics: errors in percent, losses in nats. There is no sample."""
        test = self.score(net, self.test)
        metrics = {
            "test_loss": test["loss"],
            "test_error": test["error"],
            "validation_error": self.score(net, self.validation)["error"],
            "train_error": self.score(net, self.train, QUICK)["error"],
        }
        return metrics, []


def splits(images: Images) -> tuple[slice, slice]:
    """What seeds draw from, and what all of them choose on."""
    if images.name == "digits":
        return TRAINING, VALIDATION
    first = len(images.train) - len(images.train) // HELD_OUT
    return slice(0, first), slice(first, len(images.train))


def sized(images) -> Tensor:
    """uint8 `images` with their channels first: (B, C, S, S). Grey ones get SIDE pixels."""
    if images.ndim == 4:  # in colour
        return torch.tensor(images).permute(0, 3, 1, 2).contiguous()
    bytes_ = torch.tensor(images)[:, None]
    if bytes_.shape[-1] == SIDE:
        return bytes_
    drawn = F.interpolate(bytes_.float(), (SIDE, SIDE), mode="bilinear", align_corners=False)
    return drawn.round().to(torch.uint8)


@torch.no_grad()
def score(net: Net, pictures: Callable, images: Tensor, labels: Tensor) -> dict[str, float]:
    """The mean cross-entropy in nats (`loss`), and the percentage of wrong images (`error`)."""
    learning = getattr(net, "training", False)
    if learning:
        net.eval()
    scores = torch.cat([net(pictures(part)).float().cpu() for part in images.split(PIECE)])
    if learning:
        net.train()
    wrong = (scores.argmax(1) != labels).double().mean().item()
    return {"loss": F.cross_entropy(scores, labels).item(), "error": 100 * wrong}


def moved(shift: int, mirrored: float, side: int = SIDE) -> Net:
    """torchvision's transforms.v2: a window shifted by up to `shift` pixels, then perhaps its
    mirror image. All images of one call get the same; random numbers are torch's."""
    load_torchvision()
    from torchvision.transforms import v2

    return v2.Compose([v2.RandomCrop(side, padding=shift), v2.RandomHorizontalFlip(mirrored)])
