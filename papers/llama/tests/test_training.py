"""The versions learn, from the batches that they should read; the exam's two own questions."""

import numpy as np
import pytest
import torch

from common.config import plan
from common.errors import UserError
from common.evidence.deviations import injection
from common.exams.reading import Windows
from common.exams.text import predictor
from common.paper import room
from common.run.engine import Masters
from papers.llama import task
from papers.llama.version1 import model as model1
from papers.llama.version2 import model as model2
from tests.exams import run_of, train, verse

VERSIONS = pytest.mark.parametrize("version", ["version1", "version2"])
SMALL = {"merges": None, "context": 16, "d_model": 32, "heads": 2, "batch": 8}


@pytest.fixture
def learned(tmp_path):
    """learned(version, **changes) -> what a small run gives."""

    def learn(version, **changes):
        run = run_of("llama", version, verse(tmp_path), **{**SMALL, **changes})
        return train("llama", version, run)

    return learn


@VERSIONS
@pytest.mark.parametrize("merges", [None, 32])
def test_a_version_learns_a_text_that_repeats(version, merges, learned):
    result = learned(version, steps=80, merges=merges, learning_rate=0.01)
    assert result.metrics["bits_per_character"] < 2.5  # guessing costs 4.8
    assert result.curve.validation[-1] < result.curve.validation[0]


def test_what_a_cache_without_offset_costs_is_measured(learned):
    first, second = (learned(v, steps=80, learning_rate=0.01).metrics for v in VERSIONS.args[1])
    assert first["from_cache_bits"] > first["at_once_bits"] + 0.1
    assert second["from_cache_bits"] == pytest.approx(second["at_once_bits"], abs=1e-4)


@pytest.mark.parametrize("deviation", ["learned_positions", "gpt2_block", "gelu", "layer_norm"])
def test_the_deviations_read_from_a_cache_and_beyond_their_window(deviation, learned):
    with injection(room("llama"), "version2", deviation):
        found = learned("version2", steps=9).metrics
    assert found["from_cache_bits"] == pytest.approx(found["at_once_bits"], abs=1e-4)
    assert np.isfinite(found["beyond_bits"])


def test_beyond_compares_the_same_tokens():
    """A model whose bits are the place in its window: places 4 to 7 of 8, and at least 2 of 4."""

    def predict(tokens, state):
        bits = np.broadcast_to(np.arange(tokens.shape[1])[:, None], (*tokens.shape, 3))
        return -bits * np.log(2), state

    found = task.beyond(Windows(4), predict, predict, np.zeros(17, dtype=int))
    assert found == {"beyond_bits": 5.5, "within_bits": 2.5}


def test_any_window_can_be_read_without_a_cache():
    """Places beyond the window of training have angles, too: the last half window alone and moved
    on scores as it stands."""
    torch.manual_seed(0)
    net = model2.Llama(model2.Config(**{**SMALL, "layers": 1, "multiple": 8, "std": 0.3}), 9).eval()
    tokens = torch.randint(9, (2, 40))
    predict = predictor(net, lambda tokens, _: (net(tokens), None))
    log_p, _ = predict(tokens.numpy(), None)
    assert log_p.shape == (2, 40, 9)
    assert np.allclose(log_p[:, :16], predict(tokens[:, :16].numpy(), None)[0], atol=1e-5)


@VERSIONS
def test_a_full_window_goes_on_with_its_last_half(version):
    torch.manual_seed(0)
    model = room("llama").module(f"{version}.model")
    net = model.Llama(model.Config(**{**SMALL, "layers": 2, "multiple": 8}), 9).eval()
    torch.nn.init.normal_(net.head if version == "version1" else net.output.weight)
    tokens = torch.randint(9, (2, 40))
    with torch.no_grad():
        whole, _ = net.read(tokens)
        again, _ = net.read(tokens[:, 8:24])
        assert torch.allclose(whole[:, :16], net.read(tokens[:, :16])[0], atol=1e-5)
        if version == "version2":  # version 1 forgets the half's place
            assert torch.allclose(whole[:, 16:24], again[:, 8:], atol=1e-5)


def test_what_changes_nothing_in_the_future():
    torch.manual_seed(0)
    net = model2.Llama(model2.Config(**{**SMALL, "layers": 2, "multiple": 8, "std": 0.3}), 9)
    tokens = torch.randint(9, (2, 12))
    changed = tokens.clone()
    changed[:, 7:] = (changed[:, 7:] + 3) % 9
    assert torch.equal(net(tokens)[:, :7], net(changed)[:, :7])
    assert not torch.allclose(net(tokens)[:, 7:], net(changed)[:, 7:])


@VERSIONS
def test_heads_need_pairs_of_components(version):
    with pytest.raises(UserError, match="multiple of twice the heads"):
        plan(room("llama"), version, "smoke", {"heads": 16})


def test_bfloat16_keeps_the_places_apart():
    """Queries and keys are turned in float32: only the result is rounded."""
    x = torch.randn(1, 4, 2, 8).bfloat16()
    late = model2.turns(1999, 2003, 8, 10_000.0)
    exact = model2.rope(x.float(), late)
    assert model2.rope(x, late).dtype == torch.bfloat16
    assert (model2.rope(x, late).float() - exact).abs().max() < 0.02


def test_the_learner_overfits_one_window():
    torch.manual_seed(0)
    config = model2.Config(
        context=8, d_model=32, heads=2, layers=1, multiple=8, batch=2, std=0.1,
        learning_rate=0.01, warmup=5, steps=200,
    )  # fmt: skip
    net = model2.Llama(config, 5)
    learner = model2.Learner(config, net, Masters(net.parameters()), 0)
    losses = [learner.step(torch.arange(9) ** 2 % 5, i).item() for i in range(120)]
    assert losses[0] > 1.0 and losses[-1] < 0.1


def test_version1_clips_all_gradients_together():
    torch.manual_seed(0)
    config = model1.Config(
        context=8, d_model=16, heads=2, layers=1, multiple=8, batch=2, clip=1e-3, steps=9
    )
    net = model1.Llama(config, 5)
    masters = Masters(net.parameters())
    learner, seen = model1.Learner(config, net, masters, 0), []
    learner.optimizer.step = lambda: seen.extend(p.grad for p in masters.masters)
    learner.step(torch.arange(50) % 5, 0)
    assert sum(g.pow(2).sum() for g in seen).sqrt() == pytest.approx(1e-3, rel=1e-3)


def test_a_run_of_one_token_cannot_be_counted():
    """Values are not turned, so a mean over equal ones says nothing of their number; a table of
    positions, as GPT-2 has, does."""
    torch.manual_seed(0)
    config = model2.Config(**{**SMALL, "layers": 2, "multiple": 8, "std": 0.3})
    tokens = torch.full((1, 6), 3)
    scores = model2.Llama(config, 9)(tokens)
    assert torch.allclose(scores, scores[:, :1].expand_as(scores), atol=1e-4)
    with injection(room("llama"), "version2", "learned_positions"):
        scores = model2.Llama(config, 9)(tokens)
    assert not torch.allclose(scores, scores[:, :1].expand_as(scores), atol=1e-2)


def test_what_is_added_to_the_residual_path_begins_smaller():
    config = model2.Config(context=8, d_model=64, heads=2, layers=8, multiple=64, std=0.1)
    for name, weight in model2.Llama(config, 300).named_parameters():
        if weight.dim() > 1:
            expected = 0.025 if name.endswith(("wo.weight", "w2.weight")) else 0.1
            assert weight.std().item() == pytest.approx(expected, rel=0.1), name
        else:
            assert (weight == 1).all(), name


def test_gains_do_not_decay():
    net = model2.Llama(model2.Config(**{**SMALL, "layers": 1, "multiple": 8}), 9)
    learner = model2.Learner(net.config, net, Masters(net.parameters()), seed=0)
    decay = {id(p): g["weight_decay"] for g in learner.optimizer.param_groups for p in g["params"]}
    assert len(decay) == len(list(net.parameters()))
    for name, weight in net.named_parameters():
        assert decay[id(weight)] == (0.1 if weight.dim() > 1 else 0.0), name


def test_angles_are_exact_far_into_the_window():
    places = torch.arange(1990, 2048).double()
    for pair, theta in enumerate((1.0, 0.1, 0.01, 0.001)):
        found = model2.turns(1990, 2048, 8, 10_000.0)[:, pair]
        assert torch.allclose(found.real.double(), (places * theta).cos(), atol=1e-3)
        assert torch.allclose(found.imag.double(), (places * theta).sin(), atol=1e-3)


def test_the_rate_rises_and_falls_to_a_tenth():
    config = model2.Config(warmup=4, steps=12, learning_rate=1.0)
    rates = [model2.learning_rate(i, config) for i in range(13)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[8] == pytest.approx(0.55) and rates[12] == pytest.approx(0.1)
