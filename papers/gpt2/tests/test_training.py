"""The versions learn, and continue bit for bit where they were stopped."""

import pytest
import torch

from common.config import plan
from common.errors import UserError
from common.paper import room
from common.run import engine
from common.run.engine import Masters
from common.run.training import Run
from papers.gpt2.version1 import model as model1
from papers.gpt2.version2 import model as model2

VERSIONS = pytest.mark.parametrize("version", ["version1", "version2"])
SMALL = {"merges": None, "context": 16, "d_model": 32, "heads": 2, "batch": 8, "dropout": 0.1}


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "verse.txt"
    path.write_text("the quick brown fox jumps over the lazy dog and runs away.\n" * 120)
    return str(path)


def run_of(version, text, **changes):
    extra = {"std": 0.1} if version == "version2" else {}
    made = plan(room("gpt2"), version, "smoke", {**SMALL, **extra, **changes})
    return Run(made.config, seed=0, engine=engine.start(matmul="highest"), data=text)


def train(run, version):
    return room("gpt2").module(f"{version}.train").train(run)


@VERSIONS
@pytest.mark.parametrize("merges", [None, 32])
def test_a_version_learns_a_text_that_repeats(version, merges, text):
    run = run_of(version, text, steps=80, merges=merges, dropout=0.0, learning_rate=0.01)
    result = train(run, version)
    assert result.metrics["bits_per_character"] < 2.5  # guessing costs 4.8
    assert result.curve.validation[-1] < result.curve.validation[0]
    assert len(result.samples[0]) == 600


@VERSIONS
def test_stopped_and_continued_is_bit_for_bit_the_same(version, text, tmp_path):
    whole = train(run_of(version, text, steps=24), version)

    class Stopped(Exception):
        pass

    def stop_at(limit):
        def report(step, steps, loss):
            if step >= limit:
                raise Stopped

        return report

    for limit in (7, 19):
        part = run_of(version, text, steps=24)
        part.folder, part.checkpoint_seconds, part.report = tmp_path, 0.0, stop_at(limit)
        with pytest.raises(Stopped):
            train(part, version)
    last = run_of(version, text, steps=24)
    last.folder, last.checkpoint_seconds = tmp_path, 0.0
    continued = train(last, version)
    assert continued.resumed == 2
    assert continued.metrics == whole.metrics
    assert continued.curve.loss == whole.curve.loss


def test_seeds_differ(text):
    results = []
    for seed in (0, 1):
        run = run_of("version2", text, steps=3)
        run.seed = seed
        results.append(train(run, "version2").metrics["bits_per_character"])
    assert results[0] != results[1]


def test_bfloat16_keeps_float32_masters(text):
    changes = {"steps": 60, "dropout": 0.0, "learning_rate": 0.01}
    exact = train(run_of("version2", text, **changes), "version2")
    run = run_of("version2", text, **changes)
    run.engine = engine.start(dtype="bfloat16", matmul="highest")
    rounded = train(run, "version2")
    assert rounded.metrics["bits_per_character"] == pytest.approx(
        exact.metrics["bits_per_character"], abs=0.15
    )


@pytest.mark.slow
def test_compiled_training_is_the_same_training(text):
    plain = train(run_of("version2", text, steps=10, dropout=0.0), "version2")
    run = run_of("version2", text, steps=10, dropout=0.0, compiled=True)
    assert train(run, "version2").curve.loss == pytest.approx(plain.curve.loss, rel=1e-4)


def test_a_text_shorter_than_a_window_is_refused(text):
    with pytest.raises(UserError, match="lower the context"):
        train(run_of("version2", text, context=10_000), "version2")


def test_heads_must_divide_the_width():
    with pytest.raises(UserError, match="multiple of heads"):
        plan(room("gpt2"), "version2", "smoke", {"heads": 3})


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
