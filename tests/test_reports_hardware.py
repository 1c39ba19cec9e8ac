"""The figure that shows each version on each hardware."""

from dataclasses import replace
from pathlib import Path

from common.paper import Metric, Paper
from common.reports import figures, store
from common.reports.results import Results
from tests.factory import make_record

VERSIONS = ("version1", "version2")


def test_hardware_with_sizes_alone_has_no_row_among_those_of_versions():
    first, other, last = "first-1t-float32", "other-1t-float32", "last-1t-float32"
    of_size = {"variant": "version2-xs", "version": "version2", "size": "xs"}
    found = [make_record(variant=v, hardware=h) for v in VERSIONS for h in (first, last)]
    found.append(make_record(hardware=other, **of_size))
    paper = Paper("A", "B", 1990, "", dict.fromkeys(VERSIONS, ""), Metric("bits", "bits"), "toy")
    results = Results("toy", paper, Path(), found, *store.numbers(found), {"hardware": first})
    assert other in results.hardware
    labels = [label.get_text() for label in figures.hardware(results).axes[0].get_yticklabels()]
    assert labels == [first, last]
    alone = [record for record in found if record.hardware.name != last]
    assert figures.hardware(replace(results, records=alone)) is None
