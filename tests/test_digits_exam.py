"""The exam over digits: who is in which split, what a batch holds, how it is scored."""

import math

import numpy as np
import pytest
import torch

from common.data.images import Images, load_images
from common.errors import UserError
from common.exams import digits
from common.exams.digits import DigitsExam


@pytest.fixture(scope="module")
def exam():
    return DigitsExam("digits", 0)


def test_no_form_is_in_two_splits():
    """The labels of each form begin with 0 to 9, again and again: a cut stands at such a place."""
    images = load_images("digits", report=lambda line: None)
    labels = np.concatenate([images.train_labels, images.test_labels])
    for start in (digits.TRAINING.stop, digits.VALIDATION.start, digits.VALIDATION.stop):
        assert labels[start : start + 10].tolist() == list(range(10))
    assert digits.TRAINING.stop == digits.VALIDATION.start < digits.VALIDATION.stop < 1_500


def test_each_seed_draws_its_own_training_pictures(exam):
    other, again = DigitsExam("digits", 1), DigitsExam("digits", 0)
    assert len(exam.train[0]) == digits.SAMPLE
    assert torch.equal(exam.train[0], again.train[0])
    assert not torch.equal(exam.train[0], other.train[0])
    assert torch.equal(exam.test[0], other.test[0])
    assert torch.equal(exam.validation[1], other.validation[1])


def test_a_pass_shows_every_picture_once_and_each_pass_anew(exam):
    passes = [torch.cat([exam.batch(i, 100)[0] for i in range(n, n + 10)]) for n in (0, 10)]
    for shown in passes:
        assert torch.allclose(shown.sum(0), exam.train[0].sum(0), atol=1e-3)
    assert not torch.equal(*passes)


def test_pixels_and_labels_stay_together(exam):
    pixels, labels = exam.batch(3, 50)
    row = (exam.train[0][:, None] == pixels[None, :1]).all(-1).nonzero()[0, 0]
    assert exam.train[1][row] == labels[0]


def test_an_order_moves_the_pixels():
    order = torch.arange(63, -1, -1)
    plain, turned = DigitsExam("digits", 0), DigitsExam("digits", 0, order=order)
    assert torch.equal(turned.test[0], plain.test[0].flip(1))


def test_errors_are_percent_and_the_loss_is_in_nats():
    labels = torch.tensor([0, 1, 2, 2])
    found = digits.score(lambda x: x, torch.eye(3)[[0, 1, 2, 0]] * 5, labels)
    right = math.log(math.exp(5) + 2) - 5
    assert found == pytest.approx({"error": 25, "loss": (3 * right + right + 5) / 4}, rel=1e-5)


def test_guessing_one_digit_is_wrong_nine_times_in_ten(exam):
    def zeros(pixels):
        return torch.eye(10)[:1].repeat(len(pixels), 1)

    metrics, samples = exam.finish(zeros)
    assert set(metrics) == {"test_error", "test_loss", "validation_error", "train_error"}
    assert 85 < metrics["test_error"] < 95 and samples == []
    assert metrics["validation_error"] == exam.validate(zeros)


def test_an_order_of_other_pixels_is_refused(monkeypatch):
    pixels, labels = np.zeros((1_500, 9, 9), dtype=np.uint8), np.zeros(1_500, dtype=np.int64)
    made = Images("larger", "0" * 64, None, ("0",), pixels, labels, pixels, labels)
    monkeypatch.setattr(digits, "load_images", lambda name, report: made)
    DigitsExam("larger", 0, order=torch.arange(81))
    with pytest.raises(UserError, match="larger have 81 pixels, and the order .* one of 64"):
        DigitsExam("larger", 0, order=torch.arange(64))
