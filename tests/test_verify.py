"""Verifying: a sample of seeds is trained again in a clone and held against its record."""

import math
import subprocess
from pathlib import Path

import numpy as np
import pytest

from common.commands.verify import _yaml, compare, prediction_interval, verify
from common.config import parse_override
from common.errors import UserError
from common.records.record import read_record, record_path, write_record
from tests.factory import HARDWARE, make_record
from tests.toy import make_toy, write

ROOT = Path(__file__).parents[1]
METRIC = "bits_per_character"
TRAIN = '''"""Stands in for a training run: draws the metric from the seed and the configuration."""

import argparse
from pathlib import Path

import yaml

from common.records.record import Record, record_path, write_record

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("--profile", "--dtype", "--deviation"):
        parser.add_argument(name)
    for name in ("--seed", "--threads"):
        parser.add_argument(name, type=int)
    parser.add_argument("-S", dest="set", action="append")
    parser.add_argument("--record", action="store_true")
    args = parser.parse_args()
    config = {k: yaml.safe_load(v) for k, v in (text.split("=") for text in args.set)}
    home = Path("papers/toy")
    record = Record.model_validate_json((home / "template.json").read_bytes())
    run = record.seeds[0]
    value = 1.0 + 0.01 * args.seed + config["rate"] + SHIFT
    run = run.model_copy(update={"seed": args.seed, "metrics": {"bits_per_character": value}})
    record = record.model_copy(update={"config": config, "seeds": [run]})
    write_record(record_path(home, record), record)
'''


def with_metric(record, seed: int, value: float | None):
    runs = [
        run.model_copy(update={"metrics": {METRIC: value}}) if run.seed == seed else run
        for run in record.seeds
    ]
    return record.model_copy(update={"seeds": runs})


@pytest.fixture
def record():
    return with_metric(make_record(), 2, 2.0)


def test_bitwise_is_promised_on_the_same_machine(record):
    assert compare(record, record, 2, METRIC).ok
    near = compare(record, with_metric(record, 2, math.nextafter(2.0, 3.0)), 2, METRIC)
    assert (near.promised, near.reached, near.ok) == ("L0", "L1", False)


def test_bitwise_covers_the_curve_and_the_samples_but_no_clock(record):
    run = record.seeds[2]
    later = run.model_copy(update={"seconds": 9.0, "tokens_per_second": 1.0, "resumed": 1})
    other = run.model_copy(update={"samples": ["JULIET: something else."]})
    for changed, reached in ((later, "L0"), (other, "L1")):
        again = record.model_copy(update={"seeds": [changed]})
        assert compare(record, again, 2, METRIC).reached == reached


def test_another_torch_promises_a_tolerance(record):
    other = record.model_copy(update={"environment": {"torch": "2.14.0"}})
    assert compare(record, with_metric(other, 2, 2.001), 2, METRIC).ok
    far = compare(record, with_metric(other, 2, 2.004), 2, METRIC)
    assert (far.promised, far.reached, far.ok) == ("L1", "L2", False)


def test_other_hardware_promises_the_seeds_interval(record):
    elsewhere = record.hardware.model_copy(update={"name": "other", "processor": "Other"})
    other = record.model_copy(update={"hardware": elsewhere})
    low, high = prediction_interval(list(record.values(METRIC).values()))
    for value, ok in ((low + 1e-9, True), (high + 1e-9, False), (None, False)):
        check = compare(record, with_metric(other, 2, value), 2, METRIC)
        assert (check.promised, check.ok) == ("L2", ok)


def test_the_interval_holds_95_of_100_new_seeds():
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(10_000):
        *seen, new = rng.normal(size=4)
        low, high = prediction_interval(seen)
        inside += low <= new <= high
    assert inside / 10_000 == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 10_000))
    assert prediction_interval([1.0]) == (-math.inf, math.inf)


@pytest.mark.parametrize("value", [1e-5, 3e20, 0.1, 4, [1, 2], "1e-05", None, True, "a b: c"])
def test_parameters_survive_the_command_line(value):
    assert parse_override(f"x={_yaml(value)}") == ("x", value)


def git(root: Path, *arguments: str) -> None:
    name = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *name, *arguments], cwd=root, check=True, capture_output=True)


def toy_repository(root: Path, shift: float) -> Path:
    """A committed toy whose record says what its train.py computes, if `shift` is 0."""
    folder = make_toy(root, variants={"version2": 2.0}, engine=True)
    write(folder / "version2" / "train.py", TRAIN.replace("SHIFT", str(shift)))
    record = read_record(folder / "runs" / HARDWARE / "version2.json")
    runs = [record.seeds[0].model_copy(update={"seed": seed}) for seed in range(6)]
    record = record.model_copy(update={"config": {"rate": 1e-5, "layers": [1, 2]}, "seeds": runs})
    for seed in range(6):
        record = with_metric(record, seed, 1.0 + 0.01 * seed + 1e-5 + 0.0)
    write_record(record_path(folder, record), record)
    write_record(folder / "template.json", record)
    git(root, "init", "-q", ".")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "toy")
    return folder


@pytest.mark.parametrize(("shift", "ok"), [(0.0, True), (0.5, False)])
def test_verify(tmp_path, shift, ok):
    toy_repository(tmp_path, shift)
    said = []
    rows = verify(tmp_path, 2, "toy", draw=1, say=said.append)
    assert [row["ok"] for row in rows] == [ok, ok]
    assert {row["reached"] for row in rows} == {"L0" if ok else "none"}
    assert len({row["seed"] for row in rows}) == len(said) == 2
    status = ["git", "status", "--porcelain", "--untracked-files=no"]
    assert subprocess.run(status, cwd=tmp_path, capture_output=True).stdout == b""


def test_what_cannot_be_verified_is_named(tmp_path):
    folder = toy_repository(tmp_path, 0.0)
    with pytest.raises(UserError, match="no record of a run under 0.001 s"):
        verify(tmp_path, 1, "toy", cheap=0.001)
    write(folder / "version2" / "train.py", "raise SystemExit('no such option')\n")
    git(tmp_path, "commit", "-q", "-a", "-m", "break it")
    with pytest.raises(UserError, match="toy version2 seed . cannot be run again: no such option"):
        verify(tmp_path, 1, "toy", say=str)


@pytest.mark.slow
def test_a_real_seed_is_verified():
    """One seed of rnn, trained again by the real command, in a clone of this checkout."""
    changed = ["git", "status", "--porcelain", "--", "common", "papers"]
    if subprocess.run(changed, cwd=ROOT, capture_output=True).stdout:
        pytest.skip("what the records were made from is not committed")
    (row,) = verify(ROOT, 1, "rnn", say=str)
    assert row["ok"] and row["reached"] != "none"
