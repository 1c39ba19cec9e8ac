"""data.dvc: what it pins, that the guard sees every difference, and what the command line says."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from common.commands.data import app
from common.data import catalog, fetch, pin
from common.errors import UserError
from common.paper import find_root
from tests.small_sets import CONTENT, OTHER, file

STAGE = """\
stages:
  train:
    cmd: {python} -c "open('out.txt', 'w').write(open('data.json').read())"
    deps: [data.json]
    outs: [out.txt: {{cache: false}}]
"""


def dvc(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "dvc", *words, "--quiet"], check=True)


@pytest.fixture
def checkout(tmp_path, monkeypatch, sets) -> Path:
    """A repository of its own, with one dataset, fetched, and pinned by the production code."""
    root = tmp_path / "checkout"
    (root / "papers").mkdir(parents=True)
    (root / "papers/__main__.py").touch()
    (root / "common").mkdir()
    monkeypatch.chdir(root)
    monkeypatch.delenv("PAPERS_DATA")
    sets("play")
    dvc("init", "--no-scm")
    shutil.copy(Path(__file__).parents[1] / ".dvcignore", root)
    file().parent.mkdir(parents=True)
    file().write_bytes(CONTENT)
    assert pin.pin() == "equal"
    return root


def test_guard_and_repro_and_pull(checkout):
    pinned = (checkout / "data.dvc").read_bytes()
    fetch.receipt("play", checkout / "data.json")
    stage = STAGE.format(python=sys.executable)
    (checkout / "dvc.yaml").write_text(stage, encoding="utf-8")
    dvc("remote", "add", "--default", "shelf", str(checkout.parent / "shelf"))
    dvc("push")

    file().unlink()
    file().write_bytes(OTHER)  # wrong bytes lie in data/ while the pipeline runs
    assert pin.check_pin() == "differs: play (input.txt has wrong bytes)"
    dvc("repro")
    assert (checkout / "out.txt").exists()
    assert (checkout / "data.dvc").read_bytes() == pinned

    assert fetch.ensure("play").how == "dvc pull"
    assert file().read_bytes() == CONTENT
    assert pin.check_pin() == "equal"  # what was set aside is not part of the pin
    assert (checkout / "data.dvc").read_bytes() == pinned


def test_guard_notices_that_dvc_adopted_a_partial_folder(checkout):
    (checkout / "data/play/input.txt").unlink()
    (checkout / "data/play/other.txt").write_text("x", encoding="utf-8")
    dvc("repro", "--all-pipelines")
    assert pin.check_pin().startswith("differs: data.dvc was rewritten")


def test_pin_refuses_what_the_catalogue_does_not_name(checkout):
    pinned = (checkout / "data.dvc").read_bytes()
    (checkout / "data/stray.txt").write_text("x", encoding="utf-8")
    with pytest.raises(UserError, match=r"stray\.txt does not belong"):
        pin.pin()
    (checkout / "data/stray.txt").unlink()
    shutil.rmtree(checkout / "data/play")
    assert pin.check_pin() == "partial: play not fetched"
    with pytest.raises(UserError, match="play: absent"):
        pin.pin()
    assert (checkout / "data.dvc").read_bytes() == pinned


def test_a_cache_written_through_a_link_is_noticed(checkout):
    assert pin.verify(cache=True) == {"play": "right", "DVC's cache": "right"}
    cached = next(p for p in (checkout / ".dvc/cache/files/md5").glob("??/*") if not p.suffix)
    cached.chmod(0o644)
    cached.write_bytes(OTHER)
    assert pin.verify(cache=True)["DVC's cache"].startswith("wrong bytes: ")


def test_committed_pin_covers_the_catalogue():
    out = yaml.safe_load((find_root() / "data.dvc").read_text(encoding="utf-8"))["outs"][0]
    sets_ = catalog.pinned()
    assert out["path"] == "data"
    assert out["nfiles"] == sum(len(dataset.files) for dataset in sets_)
    assert out["size"] == sum(dataset.bytes for dataset in sets_)


def test_no_stage_depends_on_the_pinned_folder():
    """If one did, `dvc repro` would adopt whatever lies in data/ as the pin."""
    root = find_root()
    for path in [root / "dvc.yaml", *root.glob("papers/*/dvc.yaml")]:
        if not path.exists():
            continue
        for name, stage in yaml.safe_load(path.read_text(encoding="utf-8"))["stages"].items():
            for dep in (stage.get("do") or stage).get("deps", []):
                resolved = (path.parent / dep).resolve()
                assert not resolved.is_relative_to(root / "data"), f"{path}: {name}"


def test_command_line(sets, mirror, tmp_path):
    sets("play")
    sets("lost")
    (mirror / "input.txt").write_bytes(CONTENT)
    run = CliRunner().invoke
    note = tmp_path / "data.json"
    assert "the mirror" in run(app, ["fetch", "play", "--receipt", str(note)]).output
    assert json.loads(note.read_text(encoding="utf-8"))["dataset"] == "play"
    result = run(app, ["fetch"])
    assert isinstance(result.exception, UserError) and "'lost'" in str(result.exception)
    rows = json.loads(run(app, ["list", "--json"]).output)
    assert {row["name"]: row["here"] for row in rows} == {"lost": False, "play": True}
    assert "play: right" in run(app, ["verify", "play"]).output
    file().write_bytes(OTHER)
    result = run(app, ["verify", "play"])
    assert result.exit_code == 1 and "input.txt has wrong bytes" in result.output
