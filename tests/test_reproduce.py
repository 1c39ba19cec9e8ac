"""`papers reproduce --profile`: the clone aside is kept while the checkout stays as it is."""

import subprocess

import pytest
import yaml

from common.commands import reproduce
from common.paper import rooms
from tests.factory import make_room

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
