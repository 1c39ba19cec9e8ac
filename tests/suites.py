"""A paper's own tests as they are, and with each of its bugs in: what notices them.

    python -P tests/suites.py PAPER RESULTS BUG...

runs in the root of the papers and writes {bug: [exit status, names of the tests that failed]} to
RESULTS, with "" for the suite as it is. The suite as it is runs first, in this process; then, in a
fork for each bug, it runs up to the first test that fails. So torch, transformers and what is
compiled are loaded once, which is most of the time of a short suite. The forks begin with the tests
that took least, since most bugs are noticed by one of those.
"""

import json
import os
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

import pytest

Result = tuple[int, list[str]]


class QuickestFirst:
    """A plugin of pytest: what a test took when it last ran here is what it waits for now."""

    def __init__(self) -> None:
        self.tests: Counter[str] = Counter()  # seconds, by node id
        self.fixtures: Counter[str] = Counter()  # of the longest setup, by name

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=self._seconds)

    def _seconds(self, item: pytest.Item) -> float:
        """With all fixtures that it asks for, though another test may have made them."""
        made = sum(self.fixtures[name] for name in getattr(item, "fixturenames", ()))
        return self.tests[item.nodeid] + made

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.tests[report.nodeid] = report.duration

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef):
        began = time.perf_counter()
        made = yield
        name, seconds = fixturedef.argname, time.perf_counter() - began
        self.fixtures[name] = max(self.fixtures[name], seconds)
        return made


ORDER = QuickestFirst()


def run(paper: str, bug: str) -> Result:
    """Exit status and the names of failed tests, also of those for which a fixture that trains
    could not be made. Golden runs are left out: they notice any change whatever, so they would
    prove nothing about the other tests."""
    if bug:
        os.environ["PAPERS_INJECT"] = f"{paper}:{bug}"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        options = ["-q", "-x", "-p", "no:cacheprovider", "-k", "not golden"]
        status = pytest.main([f"papers/{paper}/tests", *options, f"--junitxml={report}"], [ORDER])
        cases = list(ElementTree.parse(report).getroot().iter("testcase"))
    failed = [c for c in cases if {"failure", "error"} & {found.tag for found in c}]
    return int(status), [c.get("name", "") for c in failed]


def forget() -> None:
    """Papers and tests are imported anew: what they take from a model by name must be injected."""
    for name in list(sys.modules):
        if name.split(".")[0] in ("papers", "tests", "conftest"):
            del sys.modules[name]


def in_a_fork(paper: str, bug: str) -> Result:
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            os.write(writing, json.dumps(run(paper, bug)).encode())
        finally:
            sys.stdout.flush()
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    os.wait()
    return tuple(json.loads(said)) if said else (-1, [])


def main(paper: str, results: str, *bugs: str) -> None:
    found = {"": run(paper, "")}
    forget()
    found |= {bug: in_a_fork(paper, bug) for bug in bugs}
    Path(results).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
