"""Thirty papers of simulated records from store to pages: how long that takes."""

import time

import pytest

from common.reports import render
from tests.factory import make_room
from tests.reporting import measured, write_evidence


@pytest.mark.slow
def test_thirty_papers_are_written(tmp_path):
    """`pytest -s` shows how long it takes: a benchmark, not a test of the machine's mood."""
    deviations = [f"version3+d{i}" for i in range(5)]
    for i in range(30):
        variants = ("version1", "version2", "version3", *deviations)
        make_room(tmp_path, f"simulated{i:02}", variants, points=50)
        write_evidence(tmp_path, f"simulated{i:02}", *measured())
    wall, start = time.perf_counter(), time.process_time()
    written = render.write_reports(tmp_path)
    seconds = time.process_time() - start
    print(f"\n30 papers, {len(written)} files: {seconds:.1f} s of processor time,", end=" ")
    print(f"{time.perf_counter() - wall:.1f} s by the clock")
    assert len(written) == 30 * 6 + 4
