"""Repeatable by level: L0 bit for bit, L1 within a tolerance, L2 as one more seed would be.

`tests/test_verify.py` tests the comparison itself; here it compares runs that were really made.
"""

import os
from dataclasses import replace

import pytest

from common.commands.verify import L0, L1, L2, NONE, compare
from common.config import plan
from common.evidence.deviations import injection
from common.paper import find_root, room
from common.records.record import read_record
from common.run import engine, launch
from common.run.launch import Request, prepare
from common.run.training import Run
from tests.factory import make_record
from tests.hasty import VERSE, end, make_checkout, start

METRIC = "bits_per_character"
STEPS = 30


@pytest.fixture(scope="module")
def verse(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "verse.txt"
    path.write_text(VERSE, encoding="utf-8")
    return str(path)


def train(version, verse, seed=0, deviation=None, steps=STEPS, **engine_changes):
    made = plan(room("rnn"), version, "smoke", {"steps": steps})
    setup = replace(engine.start(matmul="highest"), **engine_changes)
    with injection(room("rnn"), version, deviation):
        return room("rnn").module(f"{version}.train").train(Run(made.config, seed, setup, verse))


def as_record(*runs, **changes):
    """The runs as seeds of a record, so that they can be compared as `papers verify` does."""
    return make_record().model_copy(update={"seeds": list(runs), **changes})


@pytest.mark.parametrize("version", ["version1", "version2"])
def test_the_same_seed_twice_is_bit_for_bit_the_same(version, verse):
    one, two = (as_record(train(version, verse)) for _ in range(2))
    check = compare(one, two, 0, METRIC)
    assert (check.promised, check.reached, check.ok) == (L0, L0, True)
    assert one.seeds[0].samples == two.seeds[0].samples


def test_another_seed_is_noticed(verse):
    one, other = train("version2", verse), train("version2", verse, seed=1)
    check = compare(as_record(one), as_record(other.model_copy(update={"seed": 0})), 0, METRIC)
    assert (check.promised, check.ok) == (L0, False)


def test_other_rounding_stays_within_the_tolerance(verse):
    """Two threads sum in another order, as another build of torch may: L1, from the same seed."""
    one = as_record(train("version2", verse))
    engine.torch.set_num_threads(2)
    try:
        other = train_with_two_threads(verse)
    finally:
        engine.torch.set_num_threads(1)
    check = compare(one, as_record(other, environment={"torch": "2.14.0"}), 0, METRIC)
    assert check.promised == L1 and check.reached in (L0, L1) and check.ok


def train_with_two_threads(verse):
    made = plan(room("rnn"), "version2", "smoke", {"steps": STEPS})
    setup = engine.start(threads=2, matmul="highest")
    return room("rnn").module("version2.train").train(Run(made.config, 0, setup, verse))


def test_elsewhere_a_run_is_as_one_more_seed_and_a_bug_is_not(verse):
    """Six seeds say where a seventh falls (L2); with a bug in, the same seed falls outside."""
    seeds = [train("version2", verse, seed=s) for s in range(6)]
    hardware = make_record().hardware.model_copy(update={"processor": "Other"})
    for seed, deviation, reached in ((6, None, L2), (6, "small_weights", NONE)):
        run = train("version2", verse, seed=seed, deviation=deviation)
        there = as_record(run.model_copy(update={"seed": 0}), hardware=hardware)
        check = compare(as_record(*seeds), there, 0, METRIC)
        assert (check.promised, check.reached) == (L2, reached), check


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cores cannot be chosen here")
@pytest.mark.slow
def test_one_worker_and_two_give_the_same_bytes(tmp_path):
    """The real command on one core and on all: published weights and metrics, curves, samples."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        pytest.skip("one core: there is one worker at most")
    found = []
    for allowed in (cores[:1], cores[:2]):
        root = make_checkout(tmp_path / str(len(allowed)))
        words = ("--seed", "0", "--seed", "1", "-S", f"steps={STEPS}")
        os.sched_setaffinity(0, allowed)  # inherited by what is started
        try:
            process = start(root, "version2", *words, hasty=False)
        finally:
            os.sched_setaffinity(0, cores)
        code, out, err = end(process)
        assert code == 0, err
        path = root / out.strip().splitlines()[-1].removeprefix("record: ")
        files = sorted(path.parents[2].glob("*/**/*.safetensors"))
        files += [path.parents[2] / "metrics" / "version2.json"]
        found.append((read_record(path), [file.read_bytes() for file in files]))
    (one, one_bytes), (two, two_bytes) = found
    assert (one.engine["workers"], two.engine["workers"]) == ("1", "2")
    assert len(one_bytes) == 2 and one_bytes == two_bytes
    for seed in (0, 1):
        check = compare(one, two, seed, METRIC)
        assert (check.promised, check.reached) == (L0, L0), check


def matmuls(request, work, probes, monkeypatch):
    """The precision that each of several starts of one launch would give its workers."""
    found = []

    def stopped(jobs, *_):
        found.append(jobs[0]["matmul"])
        raise KeyboardInterrupt

    monkeypatch.setattr(launch, "run_seeds", stopped)
    monkeypatch.setattr(launch, "fingerprint", lambda engine: None)
    for pays in probes:
        monkeypatch.setattr(engine, "medium_pays", lambda pays=pays: pays)
        launched = replace(prepare(request, False, print), root=work)
        launched.work.mkdir(parents=True, exist_ok=True)
        with pytest.raises(KeyboardInterrupt):
            launch._train(launched, print, None)
    engine.torch.set_float32_matmul_precision("highest")
    return found


def test_a_continued_run_keeps_the_precision_it_began_with(verse, tmp_path, monkeypatch):
    """A probe that answers otherwise after an interruption must not change the run's numbers."""
    monkeypatch.chdir(find_root())
    request = Request("rnn", "version2", profile="smoke", seeds=(0,), data=verse)
    first, second = matmuls(request, tmp_path, (True, False), monkeypatch)
    assert first == second
