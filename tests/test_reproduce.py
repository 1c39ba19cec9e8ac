"""`papers reproduce`: what must not meet the committed records is made in a copy of its own, which
is kept while the checkout stays as it is."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from common.commands import reproduce
from common.commands.aside import held
from common.data.fetch import has_records
from common.data.place import Fetched
from common.errors import UserError
from common.paper import rooms
from common.records.record import Dataset, read_records
from common.run.pipeline import untrained
from common.run.request import check_beside
from tests.factory import make_room

ROOT = Path(__file__).parents[1]

RESULT = "papers/toy/runs/made-here.json"


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A git repository with a paper."""
    make_room(tmp_path, "toy", ("version1",))
    (tmp_path / "papers/toy/params.yaml").write_text("profile: cpu\nseeds: 3\n")
    (tmp_path / ".gitignore").write_text("/local/\n")
    monkeypatch.chdir(tmp_path)
    git("init", "-q")
    commit("first")
    return tmp_path


def git(*words):
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *identity, *words], check=True, capture_output=True)


def commit(message):
    git("add", "-A")
    git("commit", "-q", "-m", message)


def aside(root):
    return reproduce.aside(root, rooms(root)["toy"], "smoke", "smoke")


def half_done(folder):
    """As if a stage had ended and the next was stopped."""
    for name in (RESULT, "local/resume/half"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("kept")


def test_what_was_stopped_goes_on_in_the_same_clone(root, capsys):
    folder = aside(root)
    params = yaml.safe_load((folder / "papers/toy/params.yaml").read_text())
    assert params == {"profile": "smoke", "seeds": 3}
    assert not list((folder / "papers/toy").glob("runs/*/*.json"))
    half_done(folder)
    assert aside(root) == folder
    assert (folder / RESULT).is_file() and (folder / "local/resume/half").is_file()
    assert "delete it to begin anew" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["edited", "new", "deleted", "committed", "half made"])
def test_another_checkout_gets_another_clone(root, change):
    folder, params = aside(root), root / "papers/toy/params.yaml"
    half_done(folder)
    if change == "edited":
        params.write_text("profile: cpu\nseeds: 4\n")
    elif change == "new":
        (root / "papers/toy/task.py").write_text("NEW = 1\n")
    elif change == "deleted":
        (root / ".gitignore").write_text("/local/\n/x/\n")
        (root / "papers/toy/__init__.py").rename(root / "papers/toy/other.py")
    elif change == "committed":
        git("commit", "-q", "--allow-empty", "-m", "second")
    else:  # stopped before the clone was whole
        (folder / "local/made-from").unlink()
    home = reproduce.Room("toy", root / "papers/toy")
    assert reproduce.aside(root, home, "smoke", "smoke") == folder
    assert not (folder / RESULT).exists()
    assert (folder / "papers/toy/__init__.py").exists() is (change != "deleted")


def fetched(name, instead=None):
    return Fetched(name, rooms()["rnn"].folder, "ab" * 32, instead)


@pytest.mark.parametrize(
    ("profile", "instead", "place"),
    [
        (None, None, ""),
        ("cpu", None, ""),
        ("smoke", None, "smoke"),
        (None, "multi30k", "cpu-stand-in"),
        ("smoke", "multi30k", "smoke-stand-in"),
    ],
)
def test_another_profile_and_a_stand_in_run_elsewhere(profile, instead, place, capsys):
    home = rooms()["transformer"]
    got = fetched("number_words" if instead else "multi30k", instead)
    assert reproduce.elsewhere(home, profile, got) == (place, profile or "cpu")
    assert ("committed results stay as they are" in capsys.readouterr().out) is bool(instead)


def test_a_stand_in_is_fetched_for_no_stage_beside_records(tmp_path):
    receipt = rooms()["transformer"].path("data.json")
    assert has_records(receipt.parent, "multi30k")
    assert not has_records(receipt.parent, "number_words")
    assert not has_records(tmp_path, "multi30k")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"datasets": {"": Dataset(name="number_words", sha256="cd" * 32)}},
            "would learn from number_words",
        ),
        ({"profile": "smoke"}, "has records of profile cpu on this hardware"),
        ({"hardware": "another-machine", "profile": "smoke"}, None),
    ],
)
def test_no_record_stands_beside_those_of_other_data_or_another_profile(root, change, said):
    (old,) = read_records(root / "papers/toy")
    now = {"hardware": old.hardware.name, "datasets": old.datasets, "profile": old.profile}
    now |= change
    if said is None:
        check_beside(rooms(root)["toy"], **now)
        return
    with pytest.raises(UserError, match=said):
        check_beside(rooms(root)["toy"], **now)


def test_two_commands_do_not_work_in_one_copy(root):
    with held(root, "smoke", "toy"):
        with pytest.raises(UserError, match="another command is working in local/smoke/toy"):
            with held(root, "smoke", "toy"):
                pytest.fail("entered")
    with held(root, "smoke", "toy"):
        pass


def test_unpacked_without_git_the_copy_is_the_same(root, tmp_path_factory):
    """As after unpacking an archive: what git would ignore stays out, DVC is told."""
    with_git = {p.relative_to(aside(root)).as_posix() for p in aside(root).rglob("*.py")}
    unpacked = tmp_path_factory.mktemp("unpacked")
    shutil.copytree(root, unpacked, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".git"))
    (unpacked / ".dvc").mkdir()
    (unpacked / ".dvc/config").write_text("[core]\n")
    (unpacked / "local/left.py").write_text("ignored")
    folder = reproduce.aside(
        unpacked, reproduce.Room("toy", unpacked / "papers/toy"), "smoke", "smoke"
    )
    assert {p.relative_to(folder).as_posix() for p in folder.rglob("*.py")} == with_git
    assert "no_scm = true" in (folder / ".dvc/config.local").read_text()


@pytest.mark.parametrize("link", ["local", "data", "mlruns"])
def test_folders_that_users_put_elsewhere_by_a_link_are_ignored(tmp_path, link):
    shutil.copy(ROOT / ".gitignore", tmp_path)
    (tmp_path / link).symlink_to(tmp_path.parent)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    told = subprocess.run(
        ["git", "status", "--porcelain"], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert link not in told.stdout


def test_a_version_that_no_stage_trains_is_named(root):
    home = rooms(ROOT)["rnn"]
    assert untrained(home) == []
    copy = root / "papers/rnn"
    copy.mkdir()
    shutil.copy(home.path("params.yaml"), copy)
    text = home.path("dvc.yaml").read_text()
    (copy / "dvc.yaml").write_text(text.replace("version1, version2]", "version1]"))
    assert untrained(reproduce.Room("rnn", copy)) == ["version2"]
    with pytest.raises(UserError, match="no stage for version2: run `papers pipeline rnn`"):
        reproduce.check_stages(reproduce.Room("rnn", copy))
