"""Runs of both versions: they learn, seeds differ, and a stopped run continues bit for bit."""

import pytest

from common.config import plan
from common.paper import room
from common.run import engine
from common.run.training import Run

ROOM = room("bpe")
VERSIONS = ["version1", "version2"]


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "verse.txt"
    lines = [f"the {a} {b} runs away, and the {b} is {a}." for a in ("quick", "brown", "lazy")
             for b in ("fox", "dog", "hen", "cat")]  # fmt: skip
    path.write_text("\n".join(lines * 20))
    return str(path)


def run_of(version, text, seed=0, **changes):
    made = plan(ROOM, version, "smoke", {"merges": 40, "share": 0.5, **changes})
    return Run(made.config, seed=seed, engine=engine.start(matmul="highest"), data=text)


def train(run, version):
    return ROOM.module(f"{version}.train").train(run)


@pytest.mark.parametrize("version", VERSIONS)
def test_merges_pay(version, text):
    result = train(run_of(version, text), version)
    assert result.metrics["round_trip"] == 1
    assert result.curve.validation[-1] < result.curve.validation[0]
    assert result.curve.loss == sorted(result.curve.loss, reverse=True)
    assert result.metrics["bytes_per_token"] > 1.5
    assert "|" in result.samples[0]


@pytest.mark.parametrize("version", VERSIONS)
def test_stopped_and_continued_is_bit_for_bit_the_same(version, text, tmp_path):
    whole = train(run_of(version, text), version)

    class Stopped(Exception):
        pass

    def stop(step, steps, loss):
        if step >= 17:
            raise Stopped

    part = run_of(version, text)
    part.folder, part.checkpoint_seconds, part.report = tmp_path, 0.0, stop
    with pytest.raises(Stopped):
        train(part, version)
    last = run_of(version, text)
    last.folder, last.checkpoint_seconds = tmp_path, 0.0
    continued = train(last, version)
    assert continued.resumed == 1
    assert continued.metrics == whole.metrics
    assert continued.curve.loss == whole.curve.loss
    assert continued.curve.validation == whole.curve.validation


@pytest.mark.parametrize("version", VERSIONS)
def test_more_steps_than_merges_do_no_harm(version, text):
    """When no pair is left, the loss stays what it is."""
    result = train(run_of(version, text, merges=400), version)
    assert result.curve.loss[-1] == result.curve.loss[-3]


def test_seeds_differ(text):
    first, second = (
        train(run_of("version2", text, seed, share=0.05), "version2") for seed in (0, 1)
    )
    assert first.curve.loss != second.curve.loss
