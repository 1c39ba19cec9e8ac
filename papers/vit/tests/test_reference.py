"""The networks against implementations that we did not write, and against each other."""

from importlib.util import find_spec

import pytest
import torch

from common.evidence.deviations import find_deviation, injected
from common.evidence.measuring import worst
from common.paper import room
from papers.vit.evidence import measures, twins
from papers.vit.version1 import model as model1
from papers.vit.version2 import model as model2

THEIRS = {"torchvision": twins.worst_of_torchvision, "transformers": twins.worst_of_transformers}
BOTH = pytest.mark.parametrize("name", THEIRS)


def needs(name):
    """Skipped where it is not installed; torchvision may need help to be imported."""
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed")


@BOTH
def test_version2_has_their_scores_loss_and_gradients(name):
    needs(name)
    assert THEIRS[name]() <= 1e-5


@BOTH
@pytest.mark.parametrize("mistake", ["scaled_by_width", "residual_after_norm", "one_position"])
def test_the_comparison_notices_a_mistake(name, mistake):
    needs(name)
    with injected(model2, find_deviation(room("vit"), mistake)):
        assert THEIRS[name]() > 1e-4


def test_the_comparison_notices_a_wrong_gradient(monkeypatch):
    needs("transformers")
    real = model2.attend
    monkeypatch.setattr(model2, "attend", lambda q, k, v: real(q, k, v.detach()))
    assert twins.worst_of_transformers() > 1e-4


def test_it_has_as_many_parameters_as_torchvisions_vit_b_16():
    """Counted on no device: 86,567,656."""
    needs("torchvision")
    with torch.device("meta"):
        theirs = sum(p.numel() for p in twins.torchvision_models().vit_b_16().parameters())
    assert theirs == measures.parameters("base", 16) == 86_567_656


def test_version2_with_version1s_mistakes_is_version1():
    assert twins.versions() <= 1e-5


@pytest.mark.parametrize("kept", range(3))
def test_each_of_the_mistakes_counts(kept):
    """Without one of them the versions differ."""
    rest = [name for i, name in enumerate(twins.MISTAKES) if i != kept]
    assert twins.versions(rest) > 1e-4


def test_both_versions_cut_the_same_patches():
    image = torch.arange(2 * 3 * 12 * 12.0).view(2, 3, 12, 12)
    found = [model.patches(image, 4) for model in (model1, model2)]
    assert torch.equal(*found) and found[0].shape == (2, 9, 48)
    assert torch.equal(found[0][1, 5].view(3, 4, 4), image[1, :, 4:8, 8:12])


def test_both_versions_look_alike_but_for_the_scale():
    """With one head, whose width is the whole, they are the same."""
    torch.manual_seed(0)
    config = {**twins.SMALL, "heads": 1}
    first, second = (m.Attention(m.Config(**config)) for m in (model1, model2))
    with torch.no_grad():
        matrices = (first.w_q.t(), first.w_k.t(), first.w_v.t())
        second.qkv.weight.copy_(torch.cat(matrices))
        second.qkv.bias.zero_()
        second.out.weight.copy_(first.w_o.t())
        second.out.bias.zero_()
    x = torch.randn(2, 5, config["d_model"])
    assert worst([(first(x), second(x)), (first.looks(x), second.looks(x))]) < 1e-6


@pytest.mark.parametrize(
    "measure",
    [
        measures.projection_is_a_convolution,
        measures.without_positions_order_is_nothing,
        measures.class_token_needs_no_position,
        measures.positions_of_the_same_size_stay,
    ],
)
def test_what_holds_exactly(measure):
    found = measure()
    assert found.value <= found.tolerance


def test_order_counts_where_there_are_positions(monkeypatch):
    """The claim would fail if positions were not taken away."""
    monkeypatch.setattr(torch.Tensor, "mul_", lambda self, scale: self)
    found = measures.without_positions_order_is_nothing()
    assert found.value > 1e-3
