"""The MLflow UI in a real browser: from the list of papers to a seed's curve, offline, locally."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from common.errors import UserError
from common.paper import rooms
from common.records.record import Record, read_record, read_records
from common.tracking import client as tracking
from common.tracking import serving
from tests.factory import HARDWARE, make_room

TITLE = "A Simulated Paper of Curves"
SEED_RUN = "version2 · seed 3"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
]
WAIT = 240_000  # ms: CI machines are slow
FIGURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="100"><text y="50">x</text></svg>'
)


def find_chromium() -> str | None:
    """The browser that CHROMIUM names, or the first found on PATH."""
    names = [os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"]
    return next((path for name in names if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """(address, root) of the UI on simulated records of two papers."""
    root = tmp_path_factory.mktemp("site")
    make_room(root, "curves", title=TITLE, hardware=[HARDWARE, "gpu-x"])
    make_room(root, "other")
    figure = root / "curves.svg"
    figure.write_text(FIGURE)
    found = rooms(root)
    records = [record for room in found.values() for record in read_records(room.folder)]
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        uri = tracking.uri(root)
        papers = {name: room.paper for name, room in found.items()}
        tracking.import_records(records, uri, {"curves": [figure]}, papers=papers)
        with serving.running(root, 5600) as address:
            yield address, root


@pytest.fixture
def page(site):
    """A page of a fresh browser; at the end, nothing may have been asked of another host."""
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no chromium: install it, or name it in CHROMIUM")
    playwright = pytest.importorskip("playwright.sync_api")
    foreign = []
    own = (site[0], "data:", "blob:")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1500, "height": 950})
        page.set_default_timeout(WAIT)
        page.on("request", lambda r: None if r.url.startswith(own) else foreign.append(r.url))
        yield page
        browser.close()
    assert foreign == []


@pytest.mark.slow
def test_click_from_the_experiment_to_a_seeds_curve(site, page, tmp_path):
    address, root = site

    def keep(name: str) -> None:
        page.screenshot(path=tmp_path / f"{name}.png")

    page.goto(address + serving.ENTRANCE)
    page.get_by_role("link", name="other", exact=True).wait_for()
    assert page.get_by_role("link", name="Default", exact=True).count() == 0
    keep("papers")
    page.get_by_role("link", name="curves", exact=True).click()
    page.get_by_text(TITLE).first.wait_for()
    parent = page.get_by_role("link", name="version2", exact=True)
    parent.first.wait_for()
    assert parent.count() == 2 and page.get_by_role("link", name=SEED_RUN).count() == 0
    order = page.get_by_role("link").filter(has_text="version").all_inner_texts()
    assert order == ["version2", "version2", "version1", "version1"]
    page.get_by_text("bits_per_char", exact=True).first.wait_for()  # a column
    keep("runs")
    parent.last.click()
    page.get_by_text("interval/parameters_low", exact=True).first.wait_for()
    assert page.get_by_text("95% interval").count() >= 1
    keep("parent")
    page.get_by_role("link", name=SEED_RUN, exact=True).click()
    page.get_by_role("heading", name=SEED_RUN).wait_for()
    assert page.get_by_text("train.steps", exact=True).count() >= 1
    keep("seed")
    page.get_by_text("Model metrics", exact=True).first.click()
    page.get_by_text("validation", exact=True).first.wait_for()
    keep("curves")
    curve = record_of_the_run(root).seeds[3].curve
    for metric in ("loss", "validation"):
        page.get_by_placeholder("Search metric charts").fill(f"curve/{metric}")
        page.get_by_text(f"{SEED_RUN} (curve/{metric})").first.wait_for()
        measured = [value for value in getattr(curve, metric) if value is not None]
        assert drawn_values(page) == measured
        keep(metric)


def record_of_the_run(root: Path) -> Record:
    return read_record(root / "papers" / "curves" / "runs" / HARDWARE / "version2.json")


def drawn_values(page) -> list[float]:
    """The values of the one chart on the page, once each is drawn as a point of its SVG."""
    script = """() => {
        const charts = [...document.querySelectorAll('.js-plotly-plot')];
        if (charts.length !== 1 || !charts[0].data.length) return [];
        const values = charts[0].data[0].y, points = charts[0].querySelectorAll('path.point');
        return points.length >= values.length ? [...values] : [];
    }"""
    page.wait_for_function(f"() => ({script})().length > 0", timeout=WAIT)
    return page.evaluate(script)


def status(url: str, **headers: str) -> int:
    """The status of a GET, or of a POST where an Origin is given."""
    data = b"{}" if "Origin" in headers else None
    request = urllib.request.Request(url, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


@pytest.mark.slow
def test_the_server_lets_nobody_else_in(site):
    address, _ = site
    port = int(address.rsplit(":", 1)[1])
    assert status(address) == 200
    for path in ("", serving.ENTRANCE, "/health", "/ajax-api/3.0/mlflow/assistant/config"):
        assert status(address + path, Host="attacker.example") == 403, path
        assert status(address + path, Host=f"attacker.example:{port}") == 403, path
    create = f"{address}/ajax-api/2.0/mlflow/experiments/create"
    for origin in ("http://attacker.example", "http://localhost:1", "null"):
        for url in (create, f"{address}/graphql", address + serving.ENTRANCE):
            assert status(url, Origin=origin) == 403, (origin, url)
    assert status(create, Origin=address, **{"Content-Type": "application/json"}) == 400  # no name
    assert status(f"{address}/ajax-api/3.0/mlflow/assistant/config") == 404
    with socket.socket() as outside:
        outside.settimeout(2)
        assert outside.connect_ex(("127.0.0.2", port)) != 0  # not on every interface


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_end_leaves_no_process_and_a_taken_port_is_said(site, number):
    address, root = site
    taken = int(address.rsplit(":", 1)[1])
    code = (
        "import sys, pathlib; from common.tracking.client import serve; "
        "serve(pathlib.Path(sys.argv[1]), int(sys.argv[2]))"
    )
    environment = {k: v for k, v in os.environ.items() if k != "MLFLOW_TRACKING_URI"}
    server = subprocess.Popen(
        [sys.executable, "-c", code, str(root), str(taken)],
        cwd=Path(tracking.__file__).parents[1],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    said = [server.stdout.readline() for _ in range(2)]
    assert f"Port {taken} is in use; taking" in said[0]
    port = int(said[1].split()[1].rsplit(":", 1)[1].split("/")[0])
    children = descendants(server.pid)
    assert children
    server.send_signal(number)
    assert server.wait(240) == 0
    assert not [pid for pid in children if alive(pid)]
    assert serving.free_port(port) == port


def descendants(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def alive(pid: int) -> bool:
    """Is it there still, after a while?"""
    import psutil

    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return False
        except psutil.NoSuchProcess:
            return False
        time.sleep(0.1)
    return True


def test_a_port_that_cannot_be_is_refused():
    with pytest.raises(UserError, match="between 1024 and 65535"):
        serving.free_port(80)


def test_a_taken_port_gives_the_next():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        assert serving.free_port(taken) > taken


def test_a_tracking_server_elsewhere_is_only_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:secret@tracking.example")
    tracking.serve(tmp_path)
    assert capsys.readouterr().out == "MLflow runs elsewhere: https://tracking.example\n"
