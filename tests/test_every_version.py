"""What every version of every room does: it learns, goes on bit for bit where it was stopped,
begins anew with each seed, and trains in bfloat16."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from common.errors import UserError
from common.paper import rooms
from common.records.sources import imported_modules
from common.run.request import Request, check_engine
from tests.exams import EVERY, ROOT, VERSIONS, parameters, parts_of, run_of, side, train

IN_TORCH = [
    (name, version)
    for name, version in VERSIONS
    if "torch" in imported_modules(rooms(ROOT)[name].path(version, "model.py"))
]


@pytest.fixture
def run(name, version, tmp_path, monkeypatch):
    """run(**changes) -> a Run of the version over small parts of the room's data."""
    own = side(name)
    data = own.place(parts_of(name), tmp_path, monkeypatch)

    def made(dtype="float32", **changes):
        return run_of(name, version, data, dtype, **{**own.CHANGES[version], **changes})

    return made


def longer(name):
    """Parameters of a run that is long enough to show what it learns."""
    return getattr(side(name), "LONGER", {"steps": 40})


class Stopped(Exception):
    pass


def stopping_at(limit):
    def report(step, *_):
        if step >= limit:
            raise Stopped

    return report


@EVERY
def test_stopped_and_continued_is_bit_for_bit_the_same(name, version, run, tmp_path):
    random = {"dropout": 0.1} if "dropout" in parameters(name, version) else {}
    whole = run(**random)
    whole.folder = tmp_path / "whole"
    expected = train(name, version, whole)
    limits = (3, 6) if expected.curves else ()  # what takes no steps is done again, from the start
    for limit in limits:
        part = run(**random)
        part.folder, part.checkpoint_seconds = tmp_path / "part", 0.0
        part.report = stopping_at(limit)
        with pytest.raises(Stopped):
            train(name, version, part)
    last = run(**random)
    last.folder, last.checkpoint_seconds = tmp_path / "part", 0.0
    found = train(name, version, last)
    assert found.resumed == len(limits)
    assert found.metrics == expected.metrics and found.samples == expected.samples
    for ours, theirs in zip(found.curves[-1:], expected.curves[-1:], strict=True):
        assert len(theirs.step) > 6
        for column in ("step", "tokens", "loss", "validation"):
            assert getattr(ours, column) == getattr(theirs, column)
    files = [each.folder / "weights.safetensors" for each in (whole, last)]
    assert files[0].read_bytes() == files[1].read_bytes()


@EVERY
def test_it_learns_and_another_seed_is_another_run(name, version, run):
    one, other = run(**longer(name)), run(**longer(name))
    other.seed = 1
    first, second = (train(name, version, each) for each in (one, other))
    if not first.curves:  # no steps: what a seed decides shows in the results alone
        assert first.metrics != second.metrics
        return
    for result in (first, second):
        assert np.mean(result.curve.loss[-5:]) < np.mean(result.curve.loss[:5])
    assert first.curve.loss != second.curve.loss


@pytest.mark.parametrize(("name", "version"), IN_TORCH)
def test_in_bfloat16_it_trains_like_in_float32(name, version, run, tmp_path):
    """What its weights lose to rounding, float32 masters keep: small steps add up."""
    random = {"dropout": 0.0} if "dropout" in parameters(name, version) else {}
    runs = [run(dtype, **longer(name), **random) for dtype in ("float32", "bfloat16")]
    runs[1].folder = tmp_path / "run"
    exact, rounded = (train(name, version, each) for each in runs)
    fallen = exact.curve.validation[0] - exact.curve.validation[-1]
    assert rounded.curve.validation[-1] == pytest.approx(
        exact.curve.validation[-1], abs=max(0.25 * fallen, 0.02)
    )
    state = load_file(runs[1].folder / "weights.safetensors")
    masters = [value for key, value in state.items() if key.startswith("master.")]
    if version == rooms(ROOT)[name].newest:
        net = [value for key, value in state.items() if key.startswith("model.")]
        assert len(masters) == sum(value.dtype == torch.bfloat16 for value in net)
    assert all(m.dtype == torch.float32 for m in masters)
    assert not masters or any((m != m.bfloat16().float()).any() for m in masters)


@pytest.mark.parametrize(("name", "version"), sorted(set(VERSIONS) - set(IN_TORCH)))
def test_what_does_without_torch_computes_as_numpy_does(name, version):
    for changes in ({"dtype": "bfloat16"}, {"device": "cuda"}, {"processes": 2}):
        asked = {"dtype": "float32", "processes": 1, **changes}
        with pytest.raises(UserError, match="does without torch"):
            check_engine(rooms(ROOT)[name], Request(name, version, **asked))
    check_engine(rooms(ROOT)[name], Request(name, version, dtype="float32", processes=1))
