# Decide here: what must be true of this paper's models alone?
"""The versions learn, from the batches that they should read."""

import pytest
import torch

from common.config import plan
from common.errors import UserError
from common.paper import room
from common.run.engine import Masters
from papers.llama.version1 import model as model1
from papers.llama.version2 import model as model2
from tests.exams import run_of, train, verse

VERSIONS = pytest.mark.parametrize("version", ["version1", "version2"])
SMALL = {"merges": None, "context": 16, "d_model": 32, "heads": 2, "batch": 8, "dropout": 0.1}


@pytest.fixture
def learned(tmp_path):
    """learned(version, **changes) -> what a small run gives."""

    def learn(version, **changes):
        extra = {"std": 0.1} if version == "version2" else {}
        run = run_of("llama", version, verse(tmp_path), **{**SMALL, **extra, **changes})
        return train("llama", version, run)

    return learn


@VERSIONS
@pytest.mark.parametrize("merges", [None, 32])
def test_a_version_learns_a_text_that_repeats(version, merges, learned):
    result = learned(version, steps=80, merges=merges, dropout=0.0, learning_rate=0.01)
    assert result.metrics["bits_per_character"] < 2.5  # guessing costs 4.8
    assert result.curve.validation[-1] < result.curve.validation[0]


@pytest.mark.slow
def test_compiled_training_is_the_same_training(learned):
    plain = learned("version2", steps=10, dropout=0.0)
    compiled = learned("version2", steps=10, dropout=0.0, compiled=True)
    assert compiled.curve.loss == pytest.approx(plain.curve.loss, rel=1e-4)


def test_a_text_shorter_than_a_window_is_refused(learned):
    with pytest.raises(UserError, match="lower the context"):
        learned("version2", context=10_000)


def test_heads_must_divide_the_width():
    with pytest.raises(UserError, match="multiple of heads"):
        plan(room("llama"), "version2", "smoke", {"heads": 3})


def test_a_pass_reads_every_window_once_and_the_next_in_another_order():
    config, tokens = model2.Config(context=4, batch=3), torch.arange(4 * 3 * 6 + 1)
    steps = len(tokens) // 4 // 3 - 1
    firsts = []
    for passed in range(2):
        batches = [model2.batch(tokens, config, 0, passed * steps + i) for i in range(steps)]
        for inputs, targets in batches:
            assert inputs.shape == (3, 4) and torch.equal(targets, inputs + 1)
        starts = torch.cat([inputs[:, 0] for inputs, _ in batches])
        assert len(set(starts.tolist())) == 3 * steps
        assert len(set((starts % 4).tolist())) == 1  # all from one offset
        firsts.append(starts.tolist())
    assert firsts[0] != firsts[1]


def test_version1_reads_windows_from_anywhere():
    config, tokens = model1.Config(context=4, batch=64), torch.arange(30)
    starts = set()
    for i in range(20):
        inputs, targets = model1.batch(tokens, config, 0, i)
        assert torch.equal(targets, inputs + 1)
        starts |= set(inputs[:, 0].tolist())
    assert starts == set(range(26))


def test_the_rate_rises_to_its_peak_and_falls_along_a_cosine():
    config = model2.Config(warmup=4, steps=12, learning_rate=1.0)
    rates = [model2.learning_rate(i, config) for i in range(12)]
    assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0]
    assert rates[8] == pytest.approx(0.5) and 0 < rates[11] < 0.05


def test_the_learner_overfits_one_window():
    torch.manual_seed(0)
    config = model2.Config(
        context=8, d_model=32, heads=2, layers=1, batch=2, std=0.1, dropout=0.0,
        learning_rate=0.01, warmup=5, steps=200,
    )  # fmt: skip
    net = model2.GPT2(config, 5)
    learner = model2.Learner(config, net, Masters(net.parameters()), 0)
    tokens = torch.randint(5, (9,), generator=torch.Generator().manual_seed(0))
    losses = [learner.step(tokens, i).item() for i in range(120)]
    assert losses[0] > 1.0 and losses[-1] < 0.1
