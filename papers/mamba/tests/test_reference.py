"""The networks against implementations that we did not write."""

from importlib.util import find_spec

import pytest
import torch

from papers.mamba.evidence import measures, twins
from papers.mamba.version2 import model as model2
from papers.mamba.version3 import model as model3

TRANSFORMERS = pytest.mark.skipif(
    find_spec("transformers") is None, reason="transformers is not installed"
)
LATER = pytest.mark.parametrize("model", [model2, model3], ids=["version2", "version3"])
WEIGHTS = [
    "in_proj.weight", "conv1d.weight", "conv1d.bias", "x_proj.weight", "dt_proj.weight",
    "dt_proj.bias", "A_log", "D", "out_proj.weight",
]  # fmt: skip


@TRANSFORMERS
@LATER
def test_scores_and_gradients_are_those_of_transformers(model):
    assert twins.worst(model) <= 1e-5


@TRANSFORMERS
@pytest.mark.parametrize("name", WEIGHTS)
def test_the_comparison_notices_a_wrong_weight(name, monkeypatch):
    given = model3.Mamba.published

    def published(net, weights):
        changed = dict(weights)
        changed[f"backbone.layers.1.mixer.{name}"] = (
            weights[f"backbone.layers.1.mixer.{name}"] + 0.01
        )
        return given(net, changed)

    monkeypatch.setattr(model3.Mamba, "published", published)
    assert twins.worst() > 1e-5


@TRANSFORMERS
def test_published_weights_are_taken_with_care():
    ours, theirs = twins.pair()
    weights = dict(theirs.state_dict())
    for key in ("backbone.layers.0.mixer.D", "lm_head.weight"):
        with pytest.raises(ValueError, match="missing or strange|tied"):
            wrong = {**weights, key: weights[key] + 1}
            ours.published(wrong if "head" in key else {k: w for k, w in wrong.items() if k != key})
    with pytest.raises(ValueError, match="strange"):
        ours.published({**weights, "backbone.layers.9.norm.weight": torch.ones(12)})


@LATER
def test_scans_are_those_of_mambapy(model):
    pytest.importorskip("mambapy", reason="mambapy is not installed")
    assert twins.worst_of_scans(model) <= 1e-5


def test_version1_discretises_as_scipy():
    assert twins.worst_of_steps() <= 1e-12


def test_five_sizes_have_the_published_numbers_of_parameters():
    for size in measures.PUBLISHED:
        found = measures.count(size)
        assert found.value == found.expected, size


def test_theorem_1_holds_for_eq_4_and_not_for_what_was_published():
    found = measures.theorem()
    assert found.value <= found.tolerance

    def euler(x, delta, a, b, c, h):
        return model2.selective_scan(x, delta, a.t(), b, c, h.transpose(1, 2))

    assert measures.theorem(euler).value > 0.1  # Delta x in the place of g x


def test_three_ways_to_read_agree():
    if twins.built() is None:
        pytest.skip("no C++ compiler here")
    found = measures.three_ways()
    assert found.value <= found.tolerance
