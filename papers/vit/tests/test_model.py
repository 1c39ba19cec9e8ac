"""How version 2 begins, drops, interpolates; where it looks; what is asked of it."""

import math

import numpy as np
import pytest
import torch

from common.run.engine import Masters
from papers.vit import ask, task
from papers.vit.evidence import twins
from papers.vit.version1 import model as model1
from papers.vit.version2 import model as model2

SMALL = {**twins.SMALL, "dropout": 0.0}
BOTH = pytest.mark.parametrize("model", [model1, model2], ids=["version1", "version2"])


def test_an_untrained_net_gives_all_classes_the_same_chance():
    """Its head begins at zero, as published."""
    torch.manual_seed(0)
    net = model2.ViT(model2.Config(**SMALL), 7)
    assert not net(twins.examples()[0]).any()


def test_layers_begin_differently():
    torch.manual_seed(0)
    net = model2.ViT(model2.Config(**SMALL), 7)
    one, other = (block.attention.qkv.weight for block in net.blocks)
    assert not torch.allclose(one, other, atol=1e-3)


def test_later_sublayers_are_left_out_more_often():
    config = model2.Config(**{**SMALL, "layers": 5, "depth_dropout": 0.2})
    found = [block.left_out for block in model2.ViT(config, 7).blocks]
    assert found == pytest.approx([0, 0.05, 0.1, 0.15, 0.2])


def test_nothing_is_dropped_when_it_is_asked():
    torch.manual_seed(0)
    net = twins.randomised(model2.ViT(model2.Config(**{**SMALL, "depth_dropout": 0.5}), 7))
    pictures, _ = twins.examples()
    assert not torch.equal(net(pictures), net(pictures))
    net.eval()
    assert torch.equal(net(pictures), net(pictures))


@BOTH
def test_dropout_follows_both_layers_of_the_mlp(model):
    """After every dense layer but that of queries, keys and values (App. B.1)."""
    torch.manual_seed(0)
    block = model.ViT(model.Config(**{**SMALL, "dropout": 0.5}), 7).blocks[0]
    x = torch.randn(2, 9, SMALL["d_model"])
    assert not torch.equal(block.mlp(x), block.mlp(x))
    assert torch.equal(block.attention(x), block.attention(x))
    block.eval()
    assert torch.equal(block.mlp(x), block.mlp(x))


def test_a_sublayer_is_left_out_for_whole_images():
    torch.manual_seed(0)
    found = model2.leave_out(torch.ones(200, 3, 4), 0.5)
    assert set(found.unique().tolist()) == {0.0, 2.0}
    assert (found == found[:, :1, :1]).all() and found.std() > 0.5


@pytest.mark.parametrize("extra", [0, 1])
def test_positions_are_interpolated_in_the_image(extra):
    """A position that grows from left to right still does; the class token's stays."""
    ramp = torch.arange(4.0).repeat(4)[:, None]
    positions = torch.cat([torch.full((extra, 1), 9.0), ramp])
    found = model2.resized(positions, 8, extra)
    assert found.shape == (extra + 64, 1) and (found[:extra] == 9).all()
    image = found[extra:].view(8, 8)
    assert (image.diff(dim=1) > 0).all() and image.diff(dim=0).abs().max() < 1e-5


def test_positions_that_are_no_square_are_refused():
    with pytest.raises(ValueError, match="no square"):
        model2.resized(torch.zeros(12, 3), 4, 0)


@pytest.mark.parametrize("change", [{"heads": 5}, {"patch": 5}, {"pool": "max"}])
def test_a_config_that_cannot_be_is_refused(change):
    with pytest.raises(ValueError, match="must be"):
        model2.Config(**{**SMALL, **change})


@BOTH
def test_it_learns_a_few_images(model):
    torch.manual_seed(0)
    config = model.Config(**SMALL, batch=8, learning_rate=3e-3, steps=60)
    if model is model2:
        config = model.Config(**SMALL, batch=8, learning_rate=3e-3, steps=60, warmup=5)
    net = model.ViT(config, 7)
    learner = model.Learner(config, net, Masters(net.parameters()), 0)
    pictures, labels = twins.examples(8)
    losses = [learner.step(pictures, labels, i).item() for i in range(60)]
    assert losses[-1] < 0.3 * losses[0]


def test_the_rate_rises_evenly_and_falls_as_a_cosine():
    config = model2.Config(**SMALL, learning_rate=0.5, warmup=4, steps=104)
    rates = [model2.learning_rate(i, config) for i in range(104)]
    assert np.allclose(rates[:4], [0.125, 0.25, 0.375, 0.5])
    quarters = [1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2]
    assert np.allclose(rates[4::25], 0.5 * np.array(quarters)) and rates[-1] < 0.001


# -- where it looks ----------------------------------------------------------------------------


@BOTH
def test_the_maps_are_those_that_the_net_uses(model, monkeypatch):
    """Values mixed as the first map says are what the first attention gives."""
    torch.manual_seed(0)
    net = twins.randomised(model.ViT(model.Config(**SMALL), 7), scale=0.1).eval()
    pictures, _ = twins.examples(1)
    maps = ask.looks(net, pictures)
    tokens = 10 if model is model1 else 9
    assert len(maps) == 2 and maps[0].shape == (3, tokens, tokens)
    assert np.allclose([m.sum(-1) for m in maps], 1, atol=1e-5)
    before = net(pictures)
    assert torch.allclose(*mixed(net, pictures, torch.tensor(maps[0])), atol=1e-5)
    other = twins.examples(2)[0][1:]
    assert not np.allclose(ask.looks(net, other)[0], maps[0], atol=1e-6)
    assert torch.equal(net(pictures), before)


def mixed(net, pictures, first_map):
    """The first attention's output for one picture, and what its values give under the map."""
    block, x = net.blocks[0], net.embed(pictures)
    a = block.attention
    if isinstance(net, model1.ViT):
        x = block.norms[0](x)
        v, weight, bias = a.split(x @ a.w_v + a.b_v), a.w_o, a.b_o
    else:
        x = block.norm1(x)
        v, weight, bias = a.split(x)[2], a.out.weight.t(), a.out.bias
    joined = (first_map @ v[0]).transpose(0, 1).flatten(1)
    return a(x)[0], joined @ weight + bias


def test_rollout_of_one_layer_is_half_of_it():
    layer = np.random.default_rng(0).dirichlet(np.ones(4), size=(2, 4))
    found = ask.rollout([layer])
    assert np.allclose(found, 0.5 * layer.mean(0) + 0.5 * np.eye(4))


def test_rollout_goes_from_the_first_layer_to_the_last():
    """All look at token 0 in the first layer, each at itself in the second."""
    first, second = np.zeros((1, 3, 3)), np.eye(3)[None]
    first[..., 0] = 1
    through = ask.rollout([first, second])
    assert np.allclose(through, 0.5 * first[0] + 0.5 * np.eye(3))
    assert np.allclose(ask.rollout([first, first]).sum(-1), 1)
    swap = np.array([[[0, 1, 0], [0, 0, 1], [1, 0, 0]]], dtype=float)
    wanted = (0.5 * swap[0] + 0.5 * np.eye(3)) @ (0.5 * first[0] + 0.5 * np.eye(3))
    assert np.allclose(ask.rollout([first, swap]), wanted)


def test_the_answer_is_read_from_patches_alone():
    through = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.1, 0.2, 0.7]])
    assert np.allclose(ask.read_out(through, 1), [0.6, 0.4])
    assert np.allclose(ask.read_out(through, 0), through.mean(0))


@BOTH
def test_a_picture_is_classified_and_drawn_over(model):
    """The door's own objects: probabilities, a map over the image, one for each layer."""
    torch.manual_seed(0)
    sizes = {**SMALL, "channels": 1, "side": 28, "patch": 7}
    net = twins.randomised(model.ViT(model.Config(**sizes), 10), scale=0.1).eval()
    exam = task.Exam.__new__(task.Exam)
    exam.device, exam.dtype, exam.classes = "cpu", None, tuple("0123456789")
    exam.side, exam.channels = 28, 1
    asked = ask.classifier(exam, net.requires_grad_(False))
    picture = np.random.default_rng(0).integers(256, size=(50, 30, 3)).astype(np.uint8)
    assert asked.reads == "image" and sum(asked.classify(picture)) == pytest.approx(1, abs=1e-5)
    whole, *layers = asked.attend(picture)
    assert whole.weights.shape == (1, 4, 4) and whole.weights.sum() == pytest.approx(1)
    names = (["class"] if model is model1 else []) + ["1,1", "1,2"]
    tokens = len(names) + 14
    assert [m.weights.shape for m in layers] == [(3, tokens, tokens)] * 2
    assert layers[0].keys[: len(names)] == names and whole.keys[0] == "column 1"


@pytest.mark.parametrize("paper", [0, 255])
def test_clothes_are_bright_whoever_took_the_picture(paper):
    picture = np.full((40, 60, 3), paper, dtype=np.uint8)
    picture[15:25, 25:35] = 255 - paper
    exam = task.Exam.__new__(task.Exam)
    exam.device, exam.dtype, exam.side, exam.channels = "cpu", None, 28, 1
    found = ask.pixels(exam, picture)
    assert found.shape == (1, 1, 28, 28)
    assert found[0, 0, 0].max() == 0 and found[0, 0, 12:16, 12:16].min() > 0.6


def test_a_picture_in_colour_is_asked_as_it_is():
    """Red, green and blue stay in that order, above below, and paper stays white."""
    picture = np.full((64, 64, 3), 255, dtype=np.uint8)
    picture[:32] = (255, 0, 51)
    exam = task.Exam.__new__(task.Exam)
    exam.device, exam.dtype, exam.side, exam.channels = "cpu", None, 32, 3
    found = ask.pixels(exam, picture)
    assert found.shape == (1, 3, 32, 32)
    assert found[0, :, 3, 28].tolist() == pytest.approx([1, 0, 0.2])
    assert (found[0, :, 28, 3] == 1).all()
