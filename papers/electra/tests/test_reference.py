"""Against transformers: both versions, and that the comparison would notice."""

import pytest
import torch

from papers.electra.evidence import measures, twins
from papers.electra.evidence.injections import always_replaced, chosen_only
from papers.electra.version2 import model

pytest.importorskip("transformers")


@pytest.mark.parametrize("embedding", [16, 32])
def test_version2_is_the_published_pair(embedding):
    assert twins.worst_of_version2(embedding) < 1e-5


def test_version1_is_it_but_for_its_slips():
    assert twins.worst_of_version1() < 1e-5


@pytest.mark.parametrize("wrong", [always_replaced, chosen_only])
def test_another_loss_is_noticed(wrong, monkeypatch):
    for name, value in wrong(model).items():
        monkeypatch.setattr(model, name, value)
    assert twins.worst_of_version2() > 1e-3


@pytest.mark.parametrize("wrong", [always_replaced, chosen_only])
def test_so_does_the_loss_by_definition(wrong, monkeypatch):
    assert measures.loss_by_definition().value < 1e-4
    for name, value in wrong(model).items():
        monkeypatch.setattr(model, name, value)
    assert measures.loss_by_definition().value > 0.1


def test_a_gradient_through_the_draw_is_noticed(monkeypatch):
    monkeypatch.setattr(model, "draw", lambda scores: scores.softmax(-1).argmax(-1))
    assert measures.nothing_comes_back().value == 0  # argmax has none either
    real = model.Discriminator.marks

    def leaking(net, tokens, padding):
        return real(net, tokens, padding) + pair.generator.foretell.bias.sum()

    pair = measures.a_pair()
    monkeypatch.setattr(measures, "a_pair", lambda: pair)
    monkeypatch.setattr(model.Discriminator, "marks", leaking)
    assert measures.nothing_comes_back().value > 0


@pytest.mark.parametrize(
    ("size", "count"), [("small", 13_549_057), ("base", 109_483_009), ("large", 335_142_913)]
)
def test_counts_are_those_of_transformers(size, count):
    assert measures.parameters(size) == count
    given = measures.SIZES[size]
    config = twins.library().ElectraConfig(
        embedding_size=given["embedding"], hidden_size=given["d_model"],
        num_hidden_layers=given["layers"], num_attention_heads=given["heads"],
        intermediate_size=4 * given["d_model"],
    )  # fmt: skip
    with torch.device("meta"):
        net = twins.library().ElectraForPreTraining(config)
    assert sum(p.numel() for p in net.parameters()) == count
