"""The versions learn, and continue bit for bit where they were stopped."""

import pytest

from common.config import plan
from common.paper import room
from common.run import engine
from common.run.training import Run


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "verse.txt"
    path.write_text("the quick brown fox jumps over the lazy dog and runs away.\n" * 120)
    return str(path)


def run_of(version, text, **changes):
    made = plan(room("rnn"), version, "smoke", changes)
    return Run(made.config, seed=0, engine=engine.start(matmul="highest"), data=text)


def train(run, version):
    return room("rnn").module(f"{version}.train").train(run)


@pytest.mark.parametrize(("version", "steps"), [("version1", 300), ("version2", 80)])
def test_a_version_learns_a_text_that_repeats(version, steps, text):
    result = train(run_of(version, text, steps=steps), version)
    assert result.metrics["bits_per_character"] < 3.5  # guessing costs 4.8
    assert result.curve.validation[-1] < result.curve.validation[0]
    assert len(result.samples[0]) == 600


@pytest.mark.parametrize("version", ["version1", "version2"])
def test_stopped_and_continued_is_bit_for_bit_the_same(version, text, tmp_path, monkeypatch):
    whole = train(run_of(version, text, steps=40), version)

    class Stopped(Exception):
        pass

    def stop_at(limit):
        def report(step, steps, loss):
            if step >= limit:
                raise Stopped

        return report

    for limit in (7, 19, 31):
        part = run_of(version, text, steps=40)
        part.folder, part.checkpoint_seconds, part.report = tmp_path, 0.0, stop_at(limit)
        with pytest.raises(Stopped):
            train(part, version)
    last = run_of(version, text, steps=40)
    last.folder, last.checkpoint_seconds = tmp_path, 0.0
    continued = train(last, version)
    assert continued.resumed == 3
    assert continued.metrics == whole.metrics
    assert continued.curve.loss == whole.curve.loss
    assert continued.curve.validation == whole.curve.validation


def test_seeds_differ(text):
    results = []
    for seed in (0, 1):
        run = run_of("version2", text, steps=5)
        run.seed = seed
        results.append(train(run, "version2").metrics["bits_per_character"])
    assert results[0] != results[1]


def test_bfloat16_keeps_float32_masters(text):
    """Over a whole run the loss stays that of float32, because the masters take small steps."""
    exact = train(run_of("version2", text, steps=60), "version2")
    run = run_of("version2", text, steps=60)
    run.engine = engine.start(dtype="bfloat16", matmul="highest")
    rounded = train(run, "version2")
    assert rounded.metrics["bits_per_character"] == pytest.approx(
        exact.metrics["bits_per_character"], abs=0.1
    )
