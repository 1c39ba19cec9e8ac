"""The versions learn; pictures of users and other orders are read as they should be."""

import numpy as np
import pytest
import torch

from common.run.engine import Masters
from papers.irnn import ask, task
from papers.irnn.version1 import model as model1
from papers.irnn.version2 import model as model2

LABELS = torch.arange(12) % 3
PIXELS = torch.rand(12, 10, generator=torch.Generator().manual_seed(0))
PIXELS *= (1 + LABELS[:, None]) / 3  # the ink gives the class away: that an IRNN sees at once


def test_version1_learns_a_few_images():
    config = model1.Config(hidden=30, std=0.1, learning_rate=1e-3)
    learner = model1.Learner(config, 3, np.random.default_rng(0))
    losses = [learner.step(PIXELS.double().numpy(), LABELS.numpy()) for _ in range(300)]
    assert losses[-1] < 0.6 * losses[0]


def test_version2_learns_a_few_images():
    torch.manual_seed(0)
    changes = {"input_std": 1.0, "output_std": 0.1, "centre": 0.5, "learning_rate": 0.005}
    config = model2.Config(hidden=30, steps=300, **changes)
    net = model2.IRNN(config, 3)
    learner = model2.Learner(config, net, Masters(net.parameters()))
    losses = [learner.step(PIXELS, LABELS, i).item() for i in range(300)]
    assert losses[-1] < 0.1 * losses[0]


@pytest.mark.parametrize("size", [0.5, 30.0])
def test_clipping_shortens_long_gradients_and_turns_none(size):
    weights = [torch.nn.Parameter(torch.zeros(4)), torch.nn.Parameter(torch.zeros(2))]
    gradients = [torch.tensor([3.0, -1.0, 0.5, 0.1]), torch.tensor([0.2, -2.0])]
    norm = torch.cat(gradients).norm()
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient * size / norm
    model2.clip_gradients(weights, 1.0)
    clipped = torch.cat([w.grad for w in weights])
    assert torch.allclose(clipped, torch.cat(gradients) / norm * min(size, 1.0), atol=1e-5)


def test_dark_pixels_are_so_many_and_depend_on_the_seed_alone():
    bright = torch.ones(50, 64)
    found, again, other = (model2.drop(bright, 0.25, seed) for seed in (1, 1, 2))
    assert torch.equal(found, again) and not torch.equal(found, other)
    assert set(found.unique().tolist()) == {0.0, 1.0}
    assert found.mean().item() == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("permuted", [False, True])
def test_the_order_of_the_pixels_is_one_for_all_images_and_seeds(permuted):
    plain, other = (task.Exam("digits", seed, permuted=permuted) for seed in (0, 1))
    page = plain.images.test.reshape(-1, task.PIXELS) / 255
    order = task.PERMUTATION if permuted else torch.arange(task.PIXELS)
    assert torch.allclose(plain.test[0].double(), torch.as_tensor(page)[:, order], atol=1e-6)
    assert torch.equal(plain.test[0], other.test[0])
    assert sorted(task.PERMUTATION.tolist()) == list(range(task.PIXELS))


@pytest.mark.parametrize("paper", [0, 255])
def test_ink_is_bright_whoever_drew(paper):
    picture = np.full((40, 60, 3), paper, dtype=np.uint8)
    picture[15:25, 25:35] = 255 - paper
    found = ask.drawn(picture, 8)
    assert found.shape == (1, 8, 8) and found.dtype == np.uint8
    assert found[0, 0].max() == 0 and found[0, 3:5, 3:5].min() > 150
