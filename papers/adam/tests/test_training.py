"""The exam is the same for all, seeds draw other images, and versions learn."""

import re

import pytest
import torch

from common.config import plan
from common.data.images import load_images
from common.exams.digits import TRAINING, VALIDATION
from common.paper import room
from papers.adam import task
from papers.adam.evidence import experiments, injections
from tests.exams import run_of, train

DATA = "digits"
VERSIONS = ["version1", "version2"]


@pytest.fixture(scope="module")
def exam():
    return task.Exam(DATA, seed=0)


def test_no_image_is_in_two_splits(exam):
    parts = [
        {tuple(row) for row in part[0].tolist()}
        for part in (exam.train, exam.validation, exam.test)
    ]
    assert [len(part) for part in parts] == [1000, 258, 297]
    assert not parts[0] & parts[1] | parts[0] & parts[2] | parts[1] & parts[2]


def test_no_form_of_a_writer_is_in_two_splits():
    """A form begins with the digits 0 to 9, twice, apart from a few that are missing."""
    images = load_images(DATA, report=lambda line: None)
    labels = "".join(map(str, (*images.train_labels, *images.test_labels)))
    starts = {m.start() for m in re.finditer("01234567890123456789", labels)}
    cuts = {TRAINING.stop, VALIDATION.start, VALIDATION.stop}
    assert cuts <= starts
    assert not any(VALIDATION.stop < start <= len(images.train) for start in starts)


def test_seeds_draw_other_images_weights_and_orders(exam):
    other = task.Exam(DATA, seed=1)
    assert not torch.equal(exam.train[0], other.train[0])
    assert torch.equal(exam.test[0], other.test[0])
    pair = [e.network().weights[0] for e in (exam, other)]
    assert not torch.equal(*pair)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_version_learns(version):
    result = train("adam", version, run_of("adam", version, DATA, steps=60))
    assert result.metrics["test_error"] < 30
    assert result.metrics["test_loss"] < 1.0 < experiments.GUESSING
    assert result.curve.validation[-1] < result.curve.validation[0]


@pytest.mark.slow
def test_each_form_of_decay_is_trained_with_its_best_lambda():
    config = plan(room("adam"), "version2", "cpu").config
    assert (config.alpha, config.weight_decay) == (
        experiments.DECAY_RATE,
        experiments.best_decay(False),
    )
    assert experiments.best_decay(True) == injections.L2


def test_l2_with_the_lambda_of_decoupled_decay_does_not_train():
    assert experiments.decayed(True, 0.3, seed=0)[1] == pytest.approx(
        experiments.GUESSING, abs=0.01
    )


def test_a_trial_that_diverges_is_worth_a_guess():
    net = task.Network(64, 10, hidden=())
    torch.nn.init.constant_(net.weights[0], float("nan"))
    assert experiments.training_loss(net, 0) == experiments.GUESSING
