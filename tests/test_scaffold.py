"""`papers new`: the room runs, passes the tests, and is part of the pipeline."""

import re
import subprocess

import pytest

from common.paper import Room
from common.run import pipeline
from tests.scaffolding import copy_checkout, room_wide, run
from tests.standard import files, pages, proof
from tests.standard.subject import Subject

NAME = "my_new_paper"


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the checkout as it is, with a new room in it."""
    folder = tmp_path_factory.mktemp("checkout")
    copy_checkout(folder)
    run(folder, "papers", "new", NAME)
    return folder


def test_room_is_found_and_listed(copy):
    assert NAME in run(copy, "papers", "list")


def test_room_is_clean_and_its_own_tests_pass(copy):
    run(copy, "ruff", "check", f"papers/{NAME}")
    run(copy, "ruff", "format", "--check", f"papers/{NAME}")
    assert "2 passed" in run(copy, "pytest", f"papers/{NAME}", "-p", "no:cacheprovider")


def test_room_has_the_files_of_the_standard_and_the_parts_of_its_pages(copy):
    subject = Subject(Room(NAME, copy / "papers" / NAME))
    found = [f.words for check in (files.names, proof.contents) for f in check(subject)]
    assert found == ["evidence/verdicts.json is missing: verdicts and costs"]  # `papers reproduce`
    assert tuple(subject.parts) == pages.PARTS


def test_room_is_part_of_the_pipeline(copy):
    names = [stage.name for stage in pipeline.stages(copy / "papers" / NAME)]
    assert names == ["data", "train@version1", "curves@version1", "evidence", "report"]
    (index,) = pipeline.stages(copy)
    assert f"reports/{NAME}.md" in index.deps


def test_room_keeps_the_rules_of_the_house(copy):
    said = room_wide(copy, NAME)
    assert "was never run: papers reproduce" in said
    assert "2 claims; at least 6 are wanted\n" in said, "what is left is listed"
    assert "task.py asks: on which data and by which measure are all versions judged alike?" in said


@pytest.fixture(scope="module")
def repository(copy):
    """The copy as a git repository whose new room runs the smoke profile."""
    params = copy / "papers" / NAME / "params.yaml"
    params.write_text(params.read_text().replace("profile: cpu", "profile: smoke"))
    git(copy, "init", "-q")
    save(copy)
    return copy


def git(folder, *arguments):
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def save(folder):
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "as it is")


def ran(said):
    """The stages that DVC ran, by what it said."""
    return re.findall(r"Running stage '(?:[^']*:)?([^':]+)'", said)


@pytest.mark.slow
def test_pipeline_runs_once_and_then_only_what_changed(repository):
    room, pipeline_file = repository / "papers" / NAME, f"papers/{NAME}/dvc.yaml"
    everything = {"data", "train@version1", "curves@version1", "evidence", "report"}
    assert set(ran(run(repository, "dvc", "repro", pipeline_file))) == everything
    assert "My New Paper" in (repository / "reports" / f"{NAME}.md").read_text()
    save(repository)
    assert ran(run(repository, "dvc", "repro", pipeline_file)) == []

    copy_runs = ["exp", "run", "--temp", "-S", f"papers/{NAME}/params.yaml:smoke.version1.steps=9"]
    said = run(repository, "dvc", *copy_runs, pipeline_file)
    assert "train@version1" in ran(said)
    assert git(repository, "status", "--porcelain") == "", "--temp leaves the checkout alone"

    model = room / "version1" / "model.py"
    model.write_text(model.read_text() + "\nADDED = 1\n")
    assert ran(run(repository, "dvc", "repro", pipeline_file))[0] == "train@version1"
    shown = run(repository, "dvc", "metrics", "show", f"papers/{NAME}/metrics/version1.json")
    assert "bits_per_character" in shown


@pytest.mark.slow
def test_a_reproduced_room_has_a_golden_run_and_passes_the_tests_of_all_rooms(repository):
    room = repository / "papers" / NAME
    assert not (room / "version1" / "golden.csv").exists()
    said = run(repository, "papers", "reproduce", NAME)
    assert "golden runs to commit: version1/golden.csv" in said
    # It asks its questions still; held to the standard is what has records.
    but = "test_scaffold or test_room_meets_the_standard"
    assert "was never run" not in room_wide(repository, NAME, but)
    assert "golden" not in run(repository, "papers", "reproduce", NAME)
