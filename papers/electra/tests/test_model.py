"""The pair: what is shared, what is drawn, what is loaded; and how each phase trains it."""

import pytest
import torch

from common.run.engine import Masters
from papers.electra.evidence import twins
from papers.electra.evidence.injections import PIECES, rows, small
from papers.electra.version1 import model as model1
from papers.electra.version2 import model as model2

NETS = pytest.mark.parametrize("model", [model1, model2], ids=["version1", "version2"])
SIZES = {"pieces": 10, "context": 12, "d_model": 16, "heads": 2, "layers": 2, "generator": 0.5}


def made(model, **changes):
    torch.manual_seed(0)
    config = model.Config(**{**SIZES, "warmup": 1, "pretrain_steps": 40, **changes})
    net = model.ELECTRA(config, len(PIECES))
    return model.Learner(config, net, Masters(net.parameters()), 0, PIECES)


@NETS
def test_pre_training_lowers_both_losses(model):
    learner = made(model, dropout=0.0, learning_rate=0.01, share=0.4, pretrain_steps=100)
    tokens, names = rows(32), ("generator_nats", "discriminator_nats")
    before = learner.held_out([tokens])
    for i in range(100):
        learner.pretrain(tokens, i)
    after = learner.held_out([tokens])
    for name in names:
        assert after[name] < before[name] - 0.03, (before, after)


@NETS
def test_a_step_is_a_function_of_seed_and_number(model):
    found = []
    for _ in range(2):
        learner = made(model)
        torch.rand(3)  # whatever was drawn before
        found.append(learner.pretrain(rows(), 5))
    once, again = ({name: value.item() for name, value in x.items()} for x in found)
    assert once == again
    assert once["loss"] == pytest.approx(once["generator"] + 50 * once["discriminator"], rel=1e-6)


@NETS
def test_rates_of_pre_training_rise_and_fall(model, monkeypatch):
    learner = made(model, warmup=10, pretrain_steps=40)
    found = []
    for i in range(40):
        learner.pretrain(rows(), i)
        rates = {group["lr"] for group in learner.optimizer.param_groups}
        found.append(rates.pop())
        assert not rates
    peak = learner.config.learning_rate
    assert found[0] == pytest.approx(peak / 10) and found[9] == pytest.approx(peak)
    assert found[-1] == pytest.approx(peak / 30)


@NETS
def test_fine_tuning_leaves_the_generator_alone(model):
    learner = made(model)
    tuner = model.Learner(learner.config, learner.net, learner.masters, 0, tuning=4)
    before = {name: p.clone() for name, p in learner.net.named_parameters()}
    for i in range(2):
        tuner.tune(rows(), torch.tensor([0, 1, 1, 0]), i)
    moved = {n for n, p in learner.net.named_parameters() if not torch.equal(p, before[n])}
    assert not any(name.startswith("generator") for name in moved)
    assert {name.split(".")[0] for name in moved} == {"discriminator"}


@NETS
def test_padding_changes_no_answer(model):
    net = made(model).net.eval()
    with torch.no_grad():
        together, alone = net(rows()), net(rows()[-1:, :7])
        assert torch.allclose(together[-1:], alone, atol=1e-5)


@NETS
def test_special_tokens_are_never_hidden(model):
    torch.manual_seed(0)
    tokens = rows(200)
    if model is model1:
        seen, targets = model1.hide(tokens, PIECES, 0.5)
    else:
        seen, targets = model2.Hiding(PIECES, 0.5)(tokens)
    assert (targets[tokens < 5] == -1).all() and torch.equal(seen[tokens < 5], tokens[tokens < 5])
    assert torch.equal(tokens, torch.where(targets >= 0, targets, seen))


@NETS
def test_draws_follow_the_softmax(model):
    torch.manual_seed(0)
    p = torch.tensor([0.5, 0.3, 0.2])
    drawn = model.draw(p.log().expand(20_000, -1))
    assert torch.allclose(torch.bincount(drawn, minlength=3) / 20_000, p, atol=0.02)


def test_every_gap_is_a_mask_in_version_2_and_four_in_five_in_version_1():
    torch.manual_seed(0)
    tokens = rows(2_000)
    for (seen, targets), share in (
        (model2.Hiding(PIECES, 0.5)(tokens), 1.0),
        (model1.hide(tokens, PIECES, 0.5), 0.82),  # a tenth is drawn from ten pieces
    ):
        masked = (seen == 4)[targets >= 0].float().mean().item()
        assert masked == pytest.approx(share, abs=0.02)


def test_rates_fall_by_a_factor_from_layer_to_layer():
    learner = made(model2, layer_decay=0.5)
    tuner = model2.Learner(learner.config, learner.net, learner.masters, 0, tuning=10)
    tuner.tune(rows(), torch.tensor([0, 1, 1, 0]), 4)
    of = {id(p): g["lr"] for g in tuner.optimizer.param_groups for p in g["params"]}
    net = learner.net.discriminator
    parts = [net.classes, net.body.layers[1].first, net.body.layers[0].first, net.embed.tokens]
    found = [of[id(part.weight)] for part in parts]
    assert [rate / found[0] for rate in found] == pytest.approx([1, 0.5, 0.25, 0.125])
    assert found[0] == pytest.approx(learner.config.tune_rate * 6 / 9)


def test_marks_begin_at_the_share_of_what_is_hidden():
    assert made(model2, share=0.2).net.discriminator.mark.bias.sigmoid().item() == pytest.approx(
        0.2
    )


def test_the_generator_has_no_tables_of_its_own():
    net = small(model2)
    names = [name for name, _ in net.generator.named_parameters()]
    assert not any("embed" in name for name in names)
    assert net.generator.foretell.bias.shape == (len(PIECES),)


def test_heads_keep_their_width():
    config = model2.Config(d_model=768, heads=12, generator=1 / 3)
    inner = model2.smaller(config)
    assert (inner.d_model, inner.heads) == (256, 4)


def test_strange_weights_are_refused():
    large, small_ = (net.state_dict() for net in twins.pair())
    net = model2.load_published(large, small_, twins.HEADS)
    assert net.config.embedding == 16 and net.config.generator == 0.5
    with pytest.raises(ValueError, match="missing or strange"):
        model2.load_published({**large, "pooler": torch.zeros(1)}, small_, twins.HEADS)
    with pytest.raises(ValueError, match="missing or strange"):
        missing = {n: w for n, w in large.items() if "dense_prediction" not in n}
        model2.load_published(missing, small_, twins.HEADS)
    name = "electra.embeddings.word_embeddings.weight"
    with pytest.raises(ValueError, match="do not share"):
        model2.load_published(large, {**small_, name: small_[name] + 1}, twins.HEADS)
    with pytest.raises(ValueError):
        model2.load_published({}, {}, twins.HEADS)
