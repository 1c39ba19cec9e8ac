"""The networks: against transformers, at padding, and what they are loaded from."""

import pytest
import torch

from papers.roberta.evidence import measures, twins
from papers.roberta.evidence.injections import rows, small
from papers.roberta.version1 import model as model1
from papers.roberta.version2 import model as model2


def test_both_versions_are_transformers():
    pytest.importorskip("transformers")
    assert twins.worst_of_version2() < 5e-6
    assert twins.worst_of_version1() < 5e-6
    assert twins.worst_of_classes() < 5e-6


def test_counts_are_the_published_ones():
    counts = [
        [measures.parameters(size, heads) for heads in ((), ("pooler",), ("foretell",))]
        for size in measures.SIZES
    ]
    assert counts == [
        [124_055_040, 124_645_632, 124_697_433],
        [354_310_144, 355_359_744, 355_412_057],
    ]


def test_positions_are_transformers():
    pytest.importorskip("transformers")
    embeddings = twins.theirs().roberta.embeddings
    tokens = torch.tensor([[1, 1, 0, 7, 2], [0, 7, 8, 2, 1]])  # padding on either side
    found = embeddings.create_position_ids_from_input_ids(tokens, 1)
    assert torch.equal(model2.positions(tokens), found)


@pytest.mark.parametrize("model", [model1, model2])
def test_padding_changes_nothing(model):
    torch.manual_seed(0)
    config = model.Config(context=12, d_model=16, heads=2, layers=2)
    net, tokens = twins.randomised(model.RoBERTa(config, 20)).eval(), rows()
    assert torch.allclose(net(tokens)[-1:], net(tokens[-1:, :7]), atol=1e-5)


def test_padding_on_the_left_changes_nothing_in_version_2():
    net, tokens = twins.randomised(small(model2)).eval(), rows()[-1:, :7]
    shifted = torch.cat([torch.full((1, 3), 1), tokens], 1)
    states = net.encode(shifted)[:, 3:]
    assert torch.allclose(states, net.encode(tokens), atol=1e-5)


def test_rows_of_padding_are_never_trained():
    net = small(model2)
    assert net.embed.positions.weight[1].abs().max() == 0
    net(rows(), None, rows().masked_fill(rows() < 5, -1))[:, 0].sum().backward()
    gradient = net.embed.positions.weight.grad
    assert gradient[:2].abs().max() == 0 and (gradient[2:].abs().amax(1) > 0).all()


def test_a_net_begins_with_norms_and_scales_of_its_own():
    net = small(model2, d_model=64, std=0.1)
    assert net.embed.segments.weight.abs().max() == 0
    assert 0.09 < net.embed.positions.weight[2:].std() < 0.11
    assert not hasattr(net, "follows")


# -- loading ------------------------------------------------------------------------------------


def test_weights_load_with_and_without_their_prefix():
    pytest.importorskip("transformers")
    plain = twins.theirs().state_dict()
    bare = {name.removeprefix("roberta."): weight for name, weight in plain.items()}
    tokens = twins.examples()[0]
    one, two = (model2.load_published(named, twins.HEADS) for named in (plain, bare))
    assert torch.equal(one.encode(tokens), two.encode(tokens))
    assert one.config.context == twins.LENGTH and not one.training


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda w: w.pop("roberta.encoder.layer.1.output.dense.bias"), "missing or strange: enc"),
        (lambda w: w.update({"strange": torch.ones(2)}), "missing or strange: strange"),
        (lambda w: w.update({"lm_head.bias": torch.ones(2)}), "size mismatch"),
    ],
)
def test_weights_that_do_not_fit_are_refused(change, error):
    pytest.importorskip("transformers")
    named = dict(twins.theirs().state_dict())
    change(named)
    with pytest.raises((ValueError, RuntimeError), match=error):
        model2.load_published(named, twins.HEADS)
