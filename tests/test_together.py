"""One figure for the papers that translate the same sentences, on the page of each of them."""

import pytest

from common.records.record import read_records, record_path, write_record
from common.reports import render, together
from common.reports.results import load
from tests.factory import HARDWARE, make_room

OTHER = "test-cpu-2t-float32"
BLEUS = {"bleu": 20.0, "bleu_short": 24.0, "bleu_middle": 20.0, "bleu_long": 12.5}


def translating(root, name, hardware, mean, asked, elsewhere=None, **changes):
    """A room whose newest version has BLEU by length on the hardwares `asked`; on others it may
    have that of the whole alone."""
    make_room(root, name, {"version1": 4.0, "version2": mean}, hardware, **changes)
    folder = root / "papers" / name
    for record in read_records(folder):
        found = BLEUS if record.hardware.name in asked else elsewhere
        if record.variant == "version2" and found:
            seeds = [s.model_copy(update={"metrics": s.metrics | found}) for s in record.seeds]
            record = record.model_copy(update={"seeds": seeds}).sealed()
            write_record(record_path(folder, record), record)


@pytest.fixture
def root(tmp_path):
    translating(tmp_path, "older", (HARDWARE, OTHER), 3.5, (HARDWARE, OTHER))
    translating(tmp_path, "newer", (HARDWARE, OTHER), 3.0, (OTHER,))
    make_room(tmp_path, "another")
    return tmp_path


def test_it_is_on_the_pages_of_those_that_take_part(root):
    render.write_reports(root)
    assert (root / "reports/figures/toy_text-papers.svg").is_file()
    told = {
        page.stem: "toy_text-papers.svg" in page.read_text() for page in root.glob("reports/*.md")
    }
    assert told["older"] and told["newer"] and told["README"] and not told["another"]
    assert render.check(root) == []


def test_it_compares_on_the_hardware_that_most_have(root):
    found = [r for name, r in load(root).items() if together.takes_part(r)]
    assert [(line.results.name, line.hardware, line.version) for line in together.lines(found)] == [
        ("newer", OTHER, "version2"),
        ("older", OTHER, "version2"),
    ]


def test_the_dashed_line_is_what_the_worse_reaches_and_both_are_timed_to_it(root):
    drawn = together.lines([r for r in load(root).values() if together.takes_part(r)])
    goal = together._goal(drawn)
    assert 3.45 < goal < 3.6
    newer, older = (together._label(line, goal) for line in drawn)
    assert newer.startswith("newer (1990): 20.0 BLEU, 12,345 parameters, ")
    seconds = [float(label.split(", ")[-1].split(" s ")[0]) for label in (newer, older)]
    assert 0 < seconds[0] < seconds[1] < 25


def test_unlike_hosts_are_not_timed_together(root):
    folder = root / "papers/newer"
    for record in read_records(folder):
        slow = record.hardware.model_copy(update={"matmul_gflops": 10.0})
        write_record(
            record_path(folder, record), record.model_copy(update={"hardware": slow}).sealed()
        )
    drawn = together.lines([r for r in load(root).values() if together.takes_part(r)])
    assert together._goal(drawn) is None
    assert "dashed" not in together._label(drawn[0], None)
    assert together.draw([line.results for line in drawn]).keys() == {"toy_text-papers.svg"}


def test_the_bleu_is_the_one_on_the_papers_own_page(tmp_path):
    places = HARDWARE, OTHER
    translating(tmp_path, "older", places, 3.5, places)
    translating(tmp_path, "newer", places, 3.0, (OTHER,), elsewhere={"bleu": 19.0})
    newer, older = together.lines(list(load(tmp_path).values()))
    assert newer.hardware == OTHER and newer.results.primary == HARDWARE
    assert together._label(newer, None).startswith("newer (1990): 19.0 BLEU, ")
    assert together._label(older, None).startswith("older (1990): 20.0 BLEU, ")
