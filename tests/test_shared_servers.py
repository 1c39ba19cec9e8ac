"""A store on PostgreSQL and a DVC remote on S3, against real servers, by configuration alone.

Where PostgreSQL, SeaweedFS or a client of theirs is not installed, tests are skipped by name.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from pathlib import Path

import psutil
import pytest

from common.commands.runs import all_records
from common.data import fetch, pin
from common.errors import UserError
from common.tracking import client as tracking
from common.tracking import serving, store
from tests import servers
from tests.factory import make_record, make_records
from tests.small_sets import CONTENT, file
from tests.stores import empty_store, stored
from tests.test_data_pin import checkout, dvc  # noqa: F401 (a fixture)

REPOSITORY = Path(__file__).parents[1]
IDS, FIGURES = ["run_id", "parent_id"], "tags.figures"


@pytest.fixture(scope="module")
def postgresql():
    with servers.postgresql() as uri:
        yield uri


@pytest.fixture
def database(postgresql, tmp_path, monkeypatch) -> str:
    """The URI of an empty database of the server; files of its runs go into `tmp_path`."""
    import psycopg

    name = f"papers_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    monkeypatch.setenv("MLFLOW_DEFAULT_ARTIFACT_ROOT", (tmp_path / "files").as_uri())
    return postgresql.rpartition("/")[0] + f"/{name}"


@pytest.fixture
def s3(monkeypatch) -> None:
    """An S3 server that clients find through the environment."""
    with servers.s3() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        yield


def papers(*words: str, uri: str) -> str:
    """What the real command says."""
    command = [sys.executable, "-m", "common.commands.cli", *words]
    environment = os.environ | {"MLFLOW_TRACKING_URI": uri}
    done = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=300
    )
    said = done.stdout + done.stderr
    assert servers.SECRET not in said and servers.QUOTED not in said
    assert done.returncode == 0, said
    return said


def assert_same_numbers(ours: str, theirs: str) -> None:
    """Every run and every point of two stores is the same, but for ids and attached figures."""
    for one, other in zip(tracking.query(ours), tracking.query(theirs)):
        one, other = (f.drop(columns=[*IDS, FIGURES], errors="ignore") for f in (one, other))
        assert len(one) and set(one) == set(other)
        assert one.equals(other[one.columns])


@pytest.mark.slow
def test_all_records_go_into_postgresql_once_and_come_out_the_same(database, template, tmp_path):
    records = all_records()
    assert f"{len(records)} new, 0 unchanged" in papers("runs", "import", uri=database)
    assert f"0 new, {len(records)} unchanged" in papers("runs", "import", uri=database)
    with empty_store(template) as sqlite:
        tracking.import_records(records, sqlite)
        assert_same_numbers(sqlite, database)
    exported, left_out = tracking.export_records(database, tmp_path / "exported")
    assert (len(exported), left_out) == (len(records), [])
    for path in exported:
        place = path.relative_to(tmp_path / "exported")
        assert path.read_bytes() == (REPOSITORY / "papers" / place).read_bytes()


@pytest.mark.slow
def test_an_mlflow_server_on_postgresql(database, template, tmp_path, capfd):
    records = make_records("served", ["version1", "version2", "version2+bug"])
    with servers.mlflow_server(database, tmp_path / "server") as address:
        assert tracking.import_records(records, address) == tracking.Imported(new=3)
        assert tracking.import_records(records, address) == tracking.Imported(unchanged=3)
        assert capfd.readouterr().out == ""
        with empty_store(template) as sqlite:
            tracking.import_records(records, sqlite)
            assert_same_numbers(sqlite, address)
        assert sorted(r.seal for r in tracking.read_back(address)) == sorted(
            record.seal for record in records
        )
    said = tracking.try_import(records, address)
    assert "does not answer" in said and "records are safe" in said


def importer(uri: str, number: int, folder: str, barrier) -> None:
    """An importer on a machine of its own: the lock file of another is not seen."""
    tempfile.tempdir = folder
    own = make_record("crowd", f"version{number + 1}", seeds=range(2), points=10)
    shared = make_record("shared", seeds=range(2), points=10)
    barrier.wait()
    tracking.import_records([own, shared], uri)


@pytest.mark.slow
def test_eight_machines_that_create_the_store_at_once_lose_nothing(database, tmp_path):
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(8)
    workers = []
    for number in range(8):
        folder = tmp_path / str(number)
        folder.mkdir()
        arguments = (database, number, str(folder), barrier)
        workers.append(context.Process(target=importer, args=arguments))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(240)
    assert [worker.exitcode for worker in workers] == [0] * 8
    crowd = stored(database, "crowd")
    variants = sorted(f.parent.data.tags["variant"] for f in crowd)
    assert variants == [f"version{number}" for number in range(1, 9)]
    assert all(family.whole for family in crowd)
    assert [family.whole for family in stored(database, "shared")] == [True]


@pytest.mark.slow
def test_the_ui_names_the_database_and_shows_no_password(database, tmp_path):
    code = "import pathlib; from common.tracking.client import serve; serve(pathlib.Path(), 5700)"
    environment = os.environ | {"MLFLOW_TRACKING_URI": database}
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, text=True
    ) as ui:
        try:
            said = ui.stdout.readline()
            while "Ctrl-C" not in said.splitlines()[-1] and ui.poll() is None:
                said += ui.stdout.readline()
            shown = [" ".join(c.cmdline()) for c in psutil.Process(ui.pid).children(True)]
        finally:
            ui.terminate()
            ui.wait(30)
    assert f"The runs are in {store.label(database)}." in said
    assert f"{servers.HOST}:" in store.label(database) and shown
    for text in (said, *shown):
        assert servers.SECRET not in text and servers.QUOTED not in text


@pytest.mark.slow
def test_files_of_the_runs_on_s3(database, s3, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_DEFAULT_ARTIFACT_ROOT", f"s3://{servers.BUCKET}/mlflow")
    record = make_record("stored", seeds=range(2), points=5)
    figure = tmp_path / "figure.svg"
    figure.write_text("<svg/>")
    for expected in (tracking.Imported(new=1), tracking.Imported(unchanged=1)):
        assert tracking.import_records([record], database, {"stored": [figure]}) == expected
    assert tracking.read_back(database) == [record]
    run = stored(database, "stored")[0].parent.info
    assert run.artifact_uri.startswith(f"s3://{servers.BUCKET}/mlflow/stored/")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database)
    with serving.running(tmp_path, 5750) as address:
        path = f"get-artifact?path=figures%2Ffigure.svg&run_uuid={run.run_id}"
        with urllib.request.urlopen(f"{address}/{path}", timeout=30) as answer:
            assert answer.read() == figure.read_bytes()


@pytest.mark.slow
def test_without_its_files_server_an_import_leaves_nothing(database, monkeypatch):
    pytest.importorskip("boto3")
    monkeypatch.setenv("MLFLOW_DEFAULT_ARTIFACT_ROOT", "s3://nowhere/mlflow")
    for name, value in {
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(UserError, match="127.0.0.1:9"):
        tracking.import_records([make_record("lost")], database)
    assert stored(database, "lost") == []


@pytest.mark.slow
def test_a_database_that_cannot_be_used_is_a_sentence(postgresql, monkeypatch):
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "2")
    with socket.socket() as silent:
        silent.bind((servers.HOST, 0))
        silent.listen()
        mute = f"postgresql://me:{servers.QUOTED}@{servers.HOST}:{silent.getsockname()[1]}/x"
        sentences = {
            f"postgresql://me:{servers.QUOTED}@{servers.HOST}:9/x": "does not answer",
            mute: "does not answer",
            postgresql.replace(servers.QUOTED, "wrong"): "password authentication failed",
            postgresql.replace(servers.QUOTED, servers.SECRET): "write @ as %40",
            postgresql + "_missing": "does not exist",
            "postgresql://me:hidden@127.0.0.1:port/x": "is not understood",
            "postgres://me:hidden@127.0.0.1/x": "cannot be used",
        }
        for uri, expected in sentences.items():
            said = tracking.try_import([], uri)
            assert said.startswith("MLflow was not updated: ") and expected in said
            assert "records are safe" in said
            for secret in ("hidden", "wrong", servers.SECRET, servers.QUOTED, "anyone"):
                assert secret not in said


@pytest.mark.parametrize(
    ("uri", "label"),
    [
        ("postgresql://me:a@b/c@host/papers", "postgresql://host/papers"),
        ("postgresql:///papers?host=h&password=secret", "postgresql:///papers"),
        ("https://me:secret@host:5000", "https://host:5000"),
    ],
)
def test_a_label_bears_no_password(uri, label):
    assert store.label(uri) == label


def test_a_missing_client_is_named_with_its_extra():
    with pytest.raises(UserError, match=r"psycopg is not installed: .*\.\[servers\]"):
        with store.speaking("postgresql://host/papers"):
            raise ModuleNotFoundError("No module named 'psycopg'", name="psycopg")


def tree(folder: Path) -> dict[str, str]:
    """The files below a folder by the hash of their bytes."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != ".gitignore")
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.mark.slow
def test_what_is_pushed_to_s3_comes_back(checkout, s3, monkeypatch, tmp_path):  # noqa: F811
    """Data comes through `papers data`'s own way of fetching, weights through `dvc pull`."""
    pytest.importorskip("dvc_s3", reason="no dvc-s3: pip install -e '.[servers]'")
    weights = checkout / "papers/toy/checkpoints/version1"
    weights.mkdir(parents=True)
    (weights / "weights.safetensors").write_bytes(os.urandom(9 << 20))  # more than one part
    dvc("add", "papers/toy/checkpoints")
    remote = checkout.parent / "elsewhere"
    dvc("remote", "add", "--default", "shared", f"s3://{servers.BUCKET}/dvc")
    dvc("push")
    without = shutil.ignore_patterns("cache", "tmp", "data", "checkpoints")
    shutil.copytree(checkout, remote, ignore=without)
    monkeypatch.chdir(remote)
    assert fetch.ensure("play").how == "dvc pull"
    assert file().read_bytes() == CONTENT and file().is_relative_to(remote)
    assert pin.check_pin() == "equal"
    dvc("pull")
    assert tree(remote / "papers") == tree(checkout / "papers")
    assert servers.SECRET not in (remote / ".dvc/config").read_text()


def weights(root: Path) -> list[str]:
    """The folders of weights that DVC laid out; a stage that has not run yet has none."""
    return sorted(str(p.relative_to(root)) for p in root.glob("papers/*/checkpoints/*"))


@pytest.mark.slow
def test_the_committed_weights_and_corpora_come_back(s3, tmp_path, monkeypatch):
    pytest.importorskip("dvc_s3", reason="no dvc-s3: pip install -e '.[servers]'")
    here, there = tmp_path / "here", tmp_path / "there"
    subprocess.run(["git", "clone", "-q", REPOSITORY, here], check=True)
    monkeypatch.chdir(here)
    dvc("cache", "dir", "--local", str(REPOSITORY / ".dvc/cache"))
    dvc("checkout", "--allow-missing")
    if not (here / "data").exists() or not any(here.glob("papers/*/checkpoints")):
        pytest.skip("the committed weights and corpora are not in this checkout's DVC cache")
    dvc("remote", "add", "--default", "shared", f"s3://{servers.BUCKET}/dvc")
    dvc("push", "data", *weights(here))
    subprocess.run(["git", "clone", "-q", here, there], check=True)
    shutil.copy(here / ".dvc/config", there / ".dvc/config")
    monkeypatch.chdir(there)
    dvc("pull", "data", *weights(here))
    monkeypatch.setenv("PAPERS_DATA", str(there / "data"))
    assert pin.check_pin() == "equal"
    for name in ("data", *weights(here)):
        assert tree(here / name) and tree(there / name) == tree(here / name), name
