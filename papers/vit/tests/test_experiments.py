"""The short trainings: what is paired, and what is compared."""

import pytest
import torch

from papers.vit.evidence import experiments
from papers.vit.version2 import model


@pytest.fixture
def asked(monkeypatch):
    """The trainings that an experiment asks for; each error tells which it was."""
    values = {experiments.CNN: 10.0, experiments.vit: 14.0}
    found = []

    def trained(make, seed, images):
        found.append(images)
        few = 5.0 * (images == experiments.FEW) * (make is experiments.vit)
        return None, values[make] + few + seed

    monkeypatch.setattr(experiments, "trained", trained)
    return found


def test_the_cnn_is_compared_on_the_same_few_images(asked):
    pair = experiments.cnn_is_better_with_few([3, 4])
    assert pair.better == {3: 13, 4: 14} and pair.worse == {3: 22, 4: 23} and pair.sign == -1
    assert set(asked) == {500}


def test_a_gap_is_how_far_the_cnn_is_ahead(asked):
    pair = experiments.gap_shrinks([3, 4])
    assert pair.better == {3: 4, 4: 4} and pair.worse == {3: 9, 4: 9} and pair.sign == -1
    assert "ViT 17.5 %, CNN 13.5 %" in pair.note


def test_positions_on_a_line_are_alike_where_they_are_near():
    config = model.Config(side=8, channels=1, patch=2, d_model=8, mlp=8, heads=2, layers=1)
    net = model.ViT(config, 3)
    near, far = experiments.likeness(net)
    assert abs(near - far) < 0.3  # drawn at random
    places = torch.cartesian_prod(torch.arange(4.0), torch.arange(4.0))
    with torch.no_grad():
        net.positions.zero_()
        net.positions[:, :2] = places
    near, far = experiments.likeness(net)
    assert near > far + 0.3


@pytest.mark.parametrize("make", [experiments.CNN, experiments.vit])
def test_both_networks_answer_with_as_many_scores_as_classes(make):
    assert make(10)(torch.rand(2, 1, 28, 28)).shape == (2, 10)


def test_neither_network_gets_the_recipe():
    config = experiments.settings()
    assert not (config.shift or config.mirrored or config.smoothing or config.depth_dropout)
    assert config.steps == experiments.STEPS and config.d_model > 0
