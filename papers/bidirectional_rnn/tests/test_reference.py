"""The networks against torch.nn.RNN and against each other, and whether that would notice."""

import pytest
import torch

from common.evidence.measuring import worst
from papers.bidirectional_rnn.evidence import measures, twins
from papers.bidirectional_rnn.evidence.injections import wider
from papers.bidirectional_rnn.version2 import model


@pytest.mark.parametrize(
    "measure", [measures.version2_is_torchs, measures.version1_is_unpacked, measures.versions_agree]
)
def test_the_networks_are_the_same(measure):
    found = measure()
    assert found.worst <= found.tolerance


@pytest.mark.parametrize("name", ["w_x", "w_h", "b_h"])
@pytest.mark.parametrize("direction", [0, 1])
def test_the_comparison_notices_a_wrong_weight(name, direction):
    ours, theirs = twins.version2()
    with torch.no_grad():
        getattr(ours, name)[direction] += 1e-3
    assert worst(twins.version2_pairs(ours, theirs)) > 1e-4


def test_the_comparison_notices_a_batch_that_is_not_packed():
    """torch's own states differ at the words of short sentences, where padding was read first."""
    ours, theirs = twins.version2()
    x = torch.randn(4, 8, twins.E, generator=torch.Generator().manual_seed(2))
    states, (whole, _) = ours.states(x, twins.LENGTHS), theirs(x)
    assert torch.allclose(states[1], whole[1], atol=1e-5)  # the longest
    assert not torch.allclose(states[0, :3], whole[0, :3], atol=1e-2)
    assert torch.allclose(states[0, :3, : twins.H], whole[0, :3, : twins.H], atol=1e-5)


@pytest.mark.parametrize(
    "measure",
    [
        measures.parameters,
        measures.directions_stay_apart,
        measures.regular_network,
        measures.sides_add_up,
    ],
)
def test_exact_claims(measure):
    found = measure()
    assert abs(found.value - found.expected) <= found.tolerance


def test_states_that_see_too_much_are_noticed(monkeypatch):
    read = model.BRNN.states

    def leaking(self, x, lengths):
        return read(self, x + 0.01 * x.mean(1, keepdim=True), lengths)

    monkeypatch.setattr(model.BRNN, "states", leaking)
    assert measures.directions_stay_apart().value > 1e-4


def test_sides_that_meet_before_the_output_are_noticed(monkeypatch):
    read = model.BRNN.states

    def met(self, x, lengths):
        forward, backward = read(self, x, lengths).chunk(2, 2)
        return torch.cat([forward * backward, backward], 2)

    monkeypatch.setattr(model.BRNN, "states", met)
    assert measures.sides_add_up().value > 1e-4


@pytest.mark.parametrize(("e", "h"), [(64, 64), (1, 16), (28, 128)])
def test_one_direction_has_as_many_parameters(e, h):
    def count(directions, hidden):
        config = model.Config(embedding=e, hidden=hidden, directions=directions)
        return sum(p.numel() for p in model.BRNN(config, 0).parameters())

    both, one = count(2, h), count(1, wider(e, h, 2))
    assert both <= one < 1.06 * both
