"""The exam: what is trained on, what stands in, and how images are moved."""

from importlib.util import find_spec

import numpy as np
import pytest
import torch

from common.data.images import Images
from common.errors import UserError
from papers.vit import task
from papers.vit.version2 import model

NAMES = tuple("0123456789")


@pytest.fixture
def exam(monkeypatch):
    """exam(seed, name, side, count, **more): on images whose first pixel is their number."""

    def made(seed=0, name="fashion_mnist", side=28, count=240, colours=(), **more):
        images = np.zeros((count, side, side, *colours), dtype=np.uint8)
        images[:, 0, 0] = (np.arange(count) % 256).reshape(-1, *(1 for _ in colours))
        labels = np.arange(count) % 10
        found = Images(name, "0" * 64, None, NAMES, images, labels, images[:20], labels[:20])
        monkeypatch.setattr(task, "load_images", lambda name, report: found)
        return task.Exam(name, seed, **more)

    return made


def numbers(part):
    return part[0][:, 0, 0, 0].tolist()


def test_the_last_twelfth_is_for_choosing_and_seeds_draw_from_the_rest(exam):
    one, other = exam(0, images=50), exam(1, images=50)
    assert numbers(one.validation) == list(range(220, 240))
    drawn = [set(numbers(e.train)) for e in (one, other)]
    assert all(len(d) == 50 and max(d) < 220 for d in drawn) and drawn[0] != drawn[1]
    assert set(numbers(exam(0).train)) == set(range(220))


def test_a_pass_reads_each_image_once_in_an_order_of_its_own(exam):
    found = exam(0, images=48)
    passes = [
        [(255 * found.batch(i, 16)[0][:, 0, 0, 0]).round().int().tolist() for i in three]
        for three in (range(3), range(3, 6))
    ]
    flat = [sum(batches, []) for batches in passes]
    assert sorted(flat[0]) == sorted(flat[1]) == sorted(numbers(found.train))
    assert flat[0] != flat[1]


def test_labels_stay_with_their_images(exam):
    pictures, labels = exam(0).batch(3, 16)
    assert torch.equal((255 * pictures[:, 0, 0, 0]).round().long() % 10, labels)


def test_a_quick_exam_reads_a_first_part(exam, monkeypatch):
    monkeypatch.setattr(task, "QUICK", 7)
    found = exam(0, quick=True)
    assert len(found.test[0]) == len(found.validation[1]) == 7 and len(found.train[0]) == 220


def test_digits_are_drawn_as_large_as_clothes_and_no_form_is_in_two_splits(exam):
    found = exam(0, "digits", side=8, count=1_500)
    assert found.train[0].shape == (1_157, 1, 28, 28) and len(found.validation[0]) == 258


def test_drawn_larger_a_picture_stays_the_same_picture():
    small = np.zeros((1, 8, 8), dtype=np.uint8)
    small[0, 2:4, 5:7] = 200
    found = task.sized(small)[0, 0].float()
    weights = found / found.sum()
    rows, columns = weights.sum(1) @ torch.arange(28.0), weights.sum(0) @ torch.arange(28.0)
    assert rows.item() == pytest.approx(28 * 3 / 8 - 0.5, abs=0.1)
    assert columns.item() == pytest.approx(28 * 6 / 8 - 0.5, abs=0.1)


def test_images_in_colour_keep_size_and_colours(exam, monkeypatch):
    found = exam(0, "cifar10", side=32, colours=(3,))
    assert found.train[0].shape == (220, 3, 32, 32) and (found.side, found.channels) == (32, 3)
    assert numbers(found.validation) == list(range(220, 240))
    pixels = np.random.default_rng(0).integers(256, size=(2, 4, 5, 3)).astype(np.uint8)
    assert task.sized(pixels)[1, 2, 3, 4] == pixels[1, 3, 4, 2]
    pictures, labels = found.batch(0, 16)
    assert torch.equal((255 * pictures[:, 2, 0, 0]).round().long() % 10, labels)


@pytest.mark.parametrize(
    ("images", "config", "mend"),
    [
        ((32, (3,)), {}, "-S side=32 -S channels=3 -S patch=8."),  # 32 is no multiple of 7
        ((32, (3,)), {"patch": 4}, "-S side=32 -S channels=3."),
        ((32, (3,)), {"side": 32, "patch": 8}, "-S side=32 -S channels=3."),
        ((28, ()), {"side": 32, "channels": 3, "patch": 16}, "-S channels=1 -S patch=14."),
        ((8, ()), {"channels": 3}, "-S side=28 -S channels=1."),  # digits, as they are drawn
    ],
)
def test_a_network_that_cannot_read_the_images_is_refused_with_the_mend(exam, images, config, mend):
    side, colours = images
    usual = {"side": 28, "channels": 1, "patch": 7}
    found = exam(0, "any", side=side, colours=colours)
    with pytest.raises(UserError, match=f"(grey|in colour); .*: add .*{mend}$"):
        found.check(model.Config(**{**usual, **config}))
    fitting = {"side": found.side, "channels": found.channels, "patch": 4}
    found.check(model.Config(**fitting))


def test_images_are_moved_by_so_many_pixels_and_mirrored():
    if find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    move, dot = task.moved(2, 0.0), torch.zeros(1, 1, 28, 28)
    assert task.moved(2, 0.0, 32)(torch.zeros(4, 3, 32, 32)).shape == (4, 3, 32, 32)
    dot[..., 10, 20] = 1
    torch.manual_seed(0)
    places = {tuple(move(dot)[0, 0].nonzero()[0].tolist()) for _ in range(300)}
    assert places == {(10 + i, 20 + j) for i in range(-2, 3) for j in range(-2, 3)}
    assert torch.equal(task.moved(0, 1.0)(dot), dot.flip(-1))


def test_a_score_counts_what_is_wrong_and_leaves_the_net_learning():
    class Net(torch.nn.Module):
        def forward(self, x):
            assert not self.training
            return torch.eye(3)[x[:, 0, 0, 0].long() % 3]

    net, images = Net(), torch.arange(9)[:, None, None, None].float()
    labels = torch.tensor([0, 1, 2] * 2 + [1, 1, 2])
    found = task.score(net, lambda x: x, images, labels)
    assert found["error"] == pytest.approx(100 / 9) and net.training
