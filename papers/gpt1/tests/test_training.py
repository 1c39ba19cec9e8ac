"""Both phases: their rates, what they start from, and that they learn."""

import math

import pytest
import torch

from common.config import plan
from common.errors import UserError
from common.paper import room
from common.run.engine import Masters
from papers.adam.version2.model import AdamW
from papers.gpt1 import task
from papers.gpt1.version2 import model
from tests.exams import by_norm, of_groups, parts_of, run_of, train, watched
from tests.sentiment import place_reviews

VERSIONS = pytest.mark.parametrize("version", ["version1", "version2"])
SMALL = {"merges": 60, "context": 96, "d_model": 16, "heads": 2, "layers": 1, "dropout": 0.0}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """run(version, **changes) -> a Run over small parts of reviews."""
    data = place_reviews(parts_of("gpt1"), tmp_path, monkeypatch)
    return lambda version, **changes: run_of("gpt1", version, data, **{**SMALL, **changes})


@VERSIONS
def test_a_version_learns_to_read_and_to_judge(version, run):
    changes = {"pretrain_steps": 80, "steps": 120, "learning_rate": 0.01, "tuning_rate": 0.01}
    result = train("gpt1", version, run(version, **changes))
    read, judged = result.curves
    assert (read.phase, judged.phase) == ("pretrain", "finetune")
    assert read.validation[-1] < 0.7 * read.validation[0]
    assert result.metrics["pretrain_nats"] == pytest.approx(read.validation[-1], rel=1e-4)
    assert judged.losses["labels"][-1] < (0.68 if version == "version1" else 0.6)
    assert result.metrics["error"] < (47 if version == "version1" else 40)  # it reads padding
    assert set(result.metrics) >= {"error", "error_1000", "error_100", "validation_error"}


@VERSIONS
def test_few_labels_start_from_the_pre_trained_weights(version, run, monkeypatch):
    real, seen = task.tuned, []

    def tuned(net, weights, exam, learner):
        before = [weight.clone() for weight in weights]
        found = real(net, weights, exam, learner)
        labels = learner(found, Masters(found.parameters())).labels
        seen.append((labels, before, found))
        return found

    monkeypatch.setattr(f"papers.gpt1.{version}.train.tuned", tuned)
    train("gpt1", version, run(version, pretrain_steps=5, steps=5))
    assert [labels for labels, *_ in seen] == [1_000, 100]
    (_, weights, net), (_, again, other) = seen
    assert all(torch.equal(a, b) for a, b in zip(weights, again))
    assert other is not net  # each has a net of its own
    assert any(not torch.equal(a, b) for a, b in zip(weights, net.parameters()))


@VERSIONS
def test_pre_training_rises_to_its_rate_and_falls_along_a_cosine(version, run, monkeypatch):
    steps = watched(monkeypatch, AdamW, "step", of_groups)
    train("gpt1", version, run(version, pretrain_steps=12, warmup=4, learning_rate=1.0, steps=5))
    rates = [step.rates[0] for step in steps[:12]]
    assert rates[:5] == pytest.approx([0.25, 0.5, 0.75, 1.0, 1.0])
    falling = [0.5 + 0.5 * math.cos(math.pi * i / 8) for i in range(8)]
    assert rates[4:] == pytest.approx(falling)


def test_pre_training_is_clipped_by_the_norm_of_all_gradients(run, monkeypatch):
    found = []
    for clip in (1e9, 0.01):
        with monkeypatch.context() as patch:
            steps = watched(patch, AdamW, "step", of_groups)
            train("gpt1", "version2", run("version2", pretrain_steps=1, steps=1, clip=clip))
            found.append([g for g in steps[0].gradients if g.ndim])
    free, clipped = found
    for ours, wanted in zip(clipped, by_norm(free, 0.01), strict=True):
        assert ours == pytest.approx(wanted, rel=1e-3, abs=1e-7)


def test_matrices_decay_and_vectors_do_not():
    config = model.Config(context=8, d_model=8, heads=2, layers=1, weight_decay=0.1)
    net = model.GPT1(config, 11)
    learner = model.Learner(config, net, Masters(net.parameters()), seed=0)
    decay = {id(p): g["weight_decay"] for g in learner.optimizer.param_groups for p in g["params"]}
    for name, weight in net.named_parameters():
        assert decay[id(weight)] == (0.1 if weight.dim() > 1 else 0.0), name


def test_an_interrupted_pre_training_goes_on(run, tmp_path):
    whole = run("version2", pretrain_steps=9, steps=5, dropout=0.1)
    whole.folder = tmp_path / "whole"
    expected = train("gpt1", "version2", whole)

    class Stopped(Exception):
        pass

    def stopping(step, steps, loss, phase):
        if (phase, step) in (("pretrain", 5), ("finetune", 3)):
            raise Stopped

    for report in (stopping, stopping, None):
        part = run("version2", pretrain_steps=9, steps=5, dropout=0.1)
        part.folder, part.checkpoint_seconds = tmp_path / "part", 0.0
        if report:
            part.report = report
            with pytest.raises(Stopped):
                train("gpt1", "version2", part)
            stopping.__defaults__ = None
        else:
            found = train("gpt1", "version2", part)
    assert found.metrics == expected.metrics
    files = [each.folder / "weights.safetensors" for each in (whole, part)]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_heads_must_divide_the_width():
    with pytest.raises(UserError, match="multiple of heads"):
        plan(room("gpt1"), "version2", "smoke", {"heads": 3})
