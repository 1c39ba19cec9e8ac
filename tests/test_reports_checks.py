"""What a report refuses, and the comparisons it makes, each against an independent figure."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from common.errors import UserError
from common.paper import Paper
from common.records.record import (
    Dataset,
    Record,
    read_records,
    record_path,
    write_json,
    write_record,
)
from common.reports import checks, compare, store, tables
from common.reports.curves import banded
from common.reports.results import Results, load
from tests.factory import HARDWARE, make_hardware, make_record, make_records, make_room
from tests.reporting import make_repository

OTHER = "test-cpu-2t-float32"


@pytest.fixture(autouse=True)
def numbers_from_records(monkeypatch):
    monkeypatch.setattr(store, "numbers", store.frames)


def rewrite(root: Path, record: Record) -> None:
    write_record(record_path(root / "papers" / record.paper, record), record)


def record_of(root: Path, variant: str = "version2", hardware: str = HARDWARE) -> Record:
    found = read_records(root / "papers" / "alpha")
    return next(r for r in found if (r.variant, r.hardware.name) == (variant, hardware))


def results_of(records: list[Record]) -> Results:
    """Results without a repository."""
    from common.paper import Metric

    versions = {r.version: "a line" for r in records}
    paper = Paper("T", "A", 1990, "u", versions, Metric("bits_per_character", "bits"), "toy_text")
    return Results("toy", paper, Path("toy"), tuple(records), *store.frames(records))


@pytest.fixture
def root(tmp_path) -> Path:
    return make_room(tmp_path, "alpha", ("version1", "version2"), (HARDWARE, OTHER))


def test_a_good_repository_is_not_refused(root):
    assert list(load(root)) == ["alpha"]


def test_a_changed_source_is_named(root):
    source = root / "papers/alpha/version2/model.py"
    source.parent.mkdir()
    source.write_text("x = 1\n")
    (source.parent / "train.py").write_text("def train(run):\n    pass\n")
    from common.records.executed import run_sources

    sources = run_sources(root, root / "papers/alpha", "version2", None)
    rewrite(root, record_of(root).model_copy(update={"sources": sources}))
    load(root)
    source.write_text("x = 2\n")
    with pytest.raises(
        UserError, match="version2 on .* papers/alpha/version2/model.py changed since"
    ):
        load(root)


def test_a_forged_metric_is_refused(root):
    path = record_path(root / "papers/alpha", record_of(root))
    content = json.loads(path.read_text())
    content["seeds"][0]["metrics"]["bits_per_character"] = 0.1
    write_json(path, content)
    with pytest.raises(UserError, match="version2.json: the seal does not match"):
        load(root)


def test_a_duplicated_seed_is_refused(root):
    record = record_of(root)
    rewrite(root, record.model_copy(update={"seeds": [*record.seeds, record.seeds[2]]}))
    with pytest.raises(UserError, match="seed 2 stands in it more than once"):
        load(root)


def test_a_missing_seed_is_refused(root):
    record = record_of(root)
    rewrite(root, record.model_copy(update={"seeds": record.seeds[:3] + record.seeds[4:]}))
    with pytest.raises(UserError, match="version2 on .* misses seed 3, which version1 has"):
        load(root)


def test_another_dataset_is_refused(root):
    data = Dataset(name="toy_text", sha256="ff" * 32)
    rewrite(root, record_of(root).model_copy(update={"dataset": data}))
    with pytest.raises(UserError, match=r"dataset toy_text \(.*but version\d.*run both"):
        load(root)


def test_another_matrix_precision_on_the_same_hardware_is_refused(root):
    rewrite(root, record_of(root).model_copy(update={"engine": {"matmul_precision": "medium"}}))
    with pytest.raises(UserError, match="ran with the matrix precision"):
        load(root)


def test_another_profile_on_the_same_hardware_is_refused(root):
    rewrite(root, record_of(root).model_copy(update={"profile": "smoke"}))
    with pytest.raises(UserError, match="ran with the profile 'smoke', but version1 with 'cpu'"):
        load(root)


def test_a_record_of_another_paper_or_of_no_version_is_refused(root):
    other = make_record("beta", "version2")
    path = record_path(root / "papers/alpha", other)
    write_record(path, other)
    with pytest.raises(UserError, match="stands in papers/alpha/runs"):
        load(root)
    path.unlink()
    other = make_record("alpha", "version7")
    write_record(record_path(root / "papers/alpha", other), other)
    with pytest.raises(UserError, match="version7: name it in PAPER.versions of 'alpha'"):
        load(root)


def test_stale_and_forged_evidence_are_refused(tmp_path):
    root = make_repository(tmp_path)
    path = root / "papers/alpha/evidence/verdicts.json"
    kept = path.read_text()
    path.write_text(kept.replace("-0.31", "-0.91"))
    with pytest.raises(UserError, match="evidence/verdicts.json: the seal does not match"):
        load(root)
    path.write_text(kept)
    rewrite(root, record_of(root, hardware=HARDWARE).model_copy(update={"commit": "f" * 40}))
    with pytest.raises(UserError, match="evidence/verdicts.json: .*version2.json changed since"):
        load(root)


def test_a_crossed_comparison_is_refused(root):
    results = load(root)["alpha"]
    with pytest.raises(UserError, match="version1 on .* against version2 on .* is a crossed"):
        compare.compare(results, "bits_per_character", ("version1", HARDWARE), ("version2", OTHER))


def test_unlike_hosts_are_not_timed_against_each_other():
    slow = make_record(variant="version1")
    fast = make_record(variant="version2", hardware=HARDWARE)
    near = fast.model_copy(update={"hardware": make_hardware(matmul_gflops=50 * 1.24)})
    far = fast.model_copy(update={"hardware": make_hardware(matmul_gflops=50 * 1.27)})
    assert checks.unlike_hosts([slow, near]) == ""
    assert "unlike hosts" in checks.unlike_hosts([slow, far])
    cells = ("version1", HARDWARE), ("version2", HARDWARE)
    with pytest.raises(UserError, match="cannot be timed together"):
        compare.compare(results_of([slow, far]), "tokens_per_second", *cells)
    assert compare.compare(results_of([slow, far]), "bits_per_character", *cells) is not None
    row = tables.costs(results_of([slow, far]), HARDWARE).rows[0]
    assert row[1:4] == ["refused"] * 3
    assert row[4] != "refused"


def test_within_a_hardware_pairs_and_within_a_version_groups():
    # unlike noise on the two hardwares, so that pairing and grouping differ
    records = make_records(variants={"version1": 2.0}, sd=0.1)
    records += make_records(variants={"version2": 1.5}, sd=0.1, rng_seed=3)
    records += make_records(variants={"version1": 2.1}, hardware=(OTHER,), sd=0.1, rng_seed=5)
    results = results_of(records)
    a, b, c = (np.array(list(r.values("bits_per_character").values())) for r in records)
    paired = compare.compare(
        results, "bits_per_character", ("version1", HARDWARE), ("version2", HARDWARE)
    )
    assert paired.difference == pytest.approx((b - a).mean())
    assert paired.p == pytest.approx(2 / 2**6)
    grouped = compare.compare(
        results, "bits_per_character", ("version1", HARDWARE), ("version1", OTHER)
    )
    assert grouped.difference == pytest.approx(c.mean() - a.mean())
    assert grouped.p == pytest.approx(stats.ttest_ind(c, a, equal_var=False).pvalue)


def with_finals(record: Record, finals: list[float | None]) -> Record:
    """The record with other last validation values."""
    runs = []
    for run, final in zip(record.seeds, finals, strict=True):
        column = [*run.curve.validation[:-1], final]
        curve = run.curve.model_copy(update={"validation": column})
        runs.append(run.model_copy(update={"curve": curve}))
    return record.model_copy(update={"seeds": runs})


def test_the_target_is_the_worse_versions_median_and_times_are_medians():
    slow, fast = make_records(variants={"version1": 2.5, "version2": 2.0}, sd=0.001)
    slow = with_finals(slow, [2.31001, 2.2, 2.9, 2.25, 2.28, 2.35])
    results = results_of([slow, fast])
    target = compare.target(results, HARDWARE)
    assert target == 2.311  # 4th of 6 is 2.31001, rounded towards worse
    timed = compare.time_to(results, "version1", HARDWARE, target)
    assert (timed.reached, timed.n) == (4, 6)
    times = []
    for run in results.record("version2").seeds:
        rows = zip(run.curve.seconds, run.curve.validation, strict=True)
        times.append(next(s for s, v in rows if v is not None and v <= target))
    quick = compare.time_to(results, "version2", HARDWARE, target)
    assert quick.median == pytest.approx(np.median(times))
    assert (quick.first, quick.last, quick.reached) == (min(times), max(times), 6)
    assert compare.time_to(results, "version1", HARDWARE, 0.5) is None
    assert tables.costs(results, HARDWARE).rows[0][2].endswith(" (4 of 6 seeds)")


def test_no_target_for_one_version_or_when_half_the_runs_end_without_a_value():
    assert compare.target(results_of(make_records(variants=("version1",))), HARDWARE) is None
    first, second = make_records()
    two_lost = with_finals(first, [None, None, 2.0, 2.0, 2.0, 2.0])
    assert compare.target(results_of([two_lost, second]), HARDWARE) == 2.0
    half_lost = with_finals(first, [None, None, None, 2.0, 2.0, 2.0])
    assert compare.target(results_of([half_lost, second]), HARDWARE) is None


def test_bands_are_student_intervals_at_steps_that_every_seed_has():
    rows = [(seed, step, step * 2.0, step + seed) for seed in (0, 1, 2) for step in (10, 20)]
    rows.append((0, 30, 60.0, 1.0))
    curve = pd.DataFrame(rows, columns=["seed", "step", "seconds", "validation"])
    points = banded(curve, "seconds", "validation")
    assert points["seconds"].tolist() == [20.0, 40.0]
    low, high = stats.t.interval(0.95, 2, loc=11.0, scale=1 / np.sqrt(3))
    assert points["mean"][0] == 11.0
    assert points["half"][0] == pytest.approx((high - low) / 2)


def test_a_store_with_other_numbers_is_refused():
    records = make_records()
    runs, curves = store.frames(records)
    store.check_equal(records, runs, curves)
    wrong = runs.copy()
    wrong.loc[3, "metrics.bits_per_character"] += 1e-9
    with pytest.raises(UserError, match="seed 3 of version1 .*metrics.bits_per_character is not"):
        store.check_equal(records, wrong, curves)
    with pytest.raises(UserError, match="seed 0 of version1 .* is in the store twice"):
        store.check_equal(records, pd.concat([runs, runs[:1]]), curves)
    with pytest.raises(UserError, match="seed 5 of version2 .* is not what the record says"):
        store.check_equal(records, runs[:-1], curves)
    extra = runs[:1].assign(seed=99)
    with pytest.raises(UserError, match="seed 99 of version1 .* in no record"):
        store.check_equal(records, pd.concat([runs, extra]), curves)


def test_settings_show_what_differs_from_the_paper_only():
    table = tables.config(results_of(make_records()))
    assert [row[0] for row in table.rows] == ["`hidden`", "`rate`"]
    assert table.rows[0][1] == "100 → **64**"
