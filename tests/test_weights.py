"""Which weights a command takes, and what it does where there are none: ask, train, or say so."""

import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from common.commands import cli
from common.commands import weights as module
from common.commands.weights import best_first, primary_records, weights
from common.errors import UserError
from common.paper import Room, forget_rooms, room
from common.records.record import record_path, write_record
from common.run import launch
from tests.factory import make_record, make_room
from tests.hasty import ROOT, make_checkout
from tests.test_chat_terminal import Terminal

RARE = "version2+post_norm"  # DVC keeps no weights of it


@pytest.fixture
def writers(tmp_path, monkeypatch):
    """A room whose three recorded versions write; version1 is the best of them."""
    make_room(tmp_path, "writers", {"version1": 1.5, "version2": 2.5, "version3": 2.0})
    home = Room("writers", tmp_path / "papers" / "writers")
    for version in home.paper.versions:
        home.path(version).mkdir()
        home.path(version, "ask.py").touch()
    home.path("params.yaml").write_text("profile: cpu\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(module, "_fitting", lambda home, data: lambda folder: True)
    yield home
    forget_rooms()


def put(home, variant, folder="papers/writers"):
    path = home.folder.parents[1] / folder / "checkpoints" / variant / "model.json"
    path.parent.mkdir(parents=True)
    path.touch()
    return path.parent


def test_the_best_recorded_comes_first_and_what_was_never_run_last(writers):
    able = list(writers.paper.versions)
    assert best_first(writers, able) == ["version1", "version3", "version2"]
    assert best_first(writers, able[1:]) == ["version3", "version2"]
    next(writers.path("runs").glob("*/version1.json")).unlink()
    assert best_first(writers, able) == ["version3", "version2", "version1"]
    next(writers.path("runs").glob("*/version3.json")).write_text("damaged")
    assert best_first(writers, able) == ["version2", "version3", "version1"]


def test_only_the_hardware_with_most_records_judges(writers):
    other = make_record("writers", "version2", "other-cpu", mean=0.1)
    write_record(record_path(writers.folder, other), other)
    assert best_first(writers, list(writers.paper.versions))[0] == "version1"


def test_higher_is_better_where_the_paper_says_so(writers, monkeypatch):
    paper = replace(writers.paper, metric=replace(writers.paper.metric, lower_is_better=False))
    monkeypatch.setattr(Room, "paper", paper)
    assert best_first(writers, list(paper.versions)) == ["version2", "version3", "version1"]


@pytest.mark.parametrize("paper", ["gpt2", "rnn", "transformer"])
def test_of_the_real_papers_the_default_has_the_best_metric(paper):
    home = room(paper)
    metric, records = home.paper.metric, primary_records(home, list(home.paper.versions))
    means = {v: sum(r.values(metric.name).values()) / len(r.seeds) for v, r in records.items()}
    assert metric.lower_is_better
    assert best_first(home, list(home.paper.versions))[0] == min(means, key=means.get)


def test_the_best_whose_weights_are_here_is_taken_and_a_better_one_named(writers, capsys):
    second = put(writers, "version2")
    assert weights(writers, None) == second
    assert "version1 is better: --train trains it" in capsys.readouterr().err
    third = put(writers, "version3")
    assert weights(writers, None) == third
    best = put(writers, "version1", "local/writers/key")
    capsys.readouterr()
    assert weights(writers, None) == best and not capsys.readouterr().err
    assert weights(writers, "version2") == second


def test_without_weights_both_mends_are_said(writers):
    with pytest.raises(UserError) as refused:
        weights(writers, None)
    said = str(refused.value)
    assert said.startswith("writers version1 has no weights here. Training it once takes about ")
    assert " s (recorded on test-cpu-1t-float32). Add --train to train it first" in said
    assert said.endswith(", or run `papers reproduce writers`.")


def test_seconds_are_those_of_one_seed(writers):
    record = make_record(
        "writers", "version1", seconds=60.0, seeds=range(10), engine={"workers": "2"}
    )
    write_record(record_path(writers.folder, record), record)
    assert "takes about 12 s (" in module._how_long(writers, "version1")
    assert module._how_long(writers, "version1+x") == "How long training takes is not recorded."


def test_train_trains_the_best_once(writers, monkeypatch, tmp_path):
    asked = []

    def train(request, report):
        asked.append(request)
        report("a line")
        put(writers, request.variant, "local/writers/key")
        return tmp_path / "local/writers/key/runs/some-cpu" / f"{request.variant}.json"

    monkeypatch.setattr(launch, "train_variant", train)
    put(writers, "version2")
    folder = tmp_path / "local/writers/key/checkpoints/version1"
    assert weights(writers, None, train=True) == folder
    assert weights(writers, None, train=True) == folder
    assert weights(writers, None) == folder
    (request,) = asked
    assert (request.variant, request.seeds, request.data) == ("version1", (0,), None)


@pytest.mark.parametrize(("profile", "again"), [("smoke", True), ("cpu", False), ("gpu", False)])
def test_train_passes_over_weights_of_a_smaller_profile(writers, monkeypatch, profile, again):
    folder, asked = put(writers, "version1", "local/writers/key"), []
    record = make_record("writers", "version1", profile=profile)
    write_record(record_path(folder.parents[1], record), record)
    monkeypatch.setattr(module, "_train", lambda *given: asked.append(given) or folder)
    assert weights(writers, None) == folder and not asked
    assert weights(writers, None, train=True) == folder and bool(asked) == again


def test_of_two_that_can_attend_the_better_is_taken(writers):
    folders = {version: put(writers, version) for version in writers.paper.versions}
    for version in ("version2", "version3"):
        writers.path(version, "ask.py").write_text("attend = None")
    assert weights(writers, None, door="attend") == folders["version3"]


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout without a local/, in a pipe."""
    monkeypatch.chdir(make_checkout(tmp_path / "checkout"))
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: False))
    forget_rooms()
    yield tmp_path / "checkout"
    forget_rooms()


def test_in_a_pipe_nobody_is_asked(checkout, capsys):
    for name, more in (("generate", []), ("chat", []), ("attend", ["To be"])):
        with pytest.raises(SystemExit, match="2"):
            cli.main([name, "gpt2", *more, "--version", RARE])
        out, said = capsys.readouterr()
        assert out == "" and said.startswith(f"error: gpt2 {RARE} has no weights here. ")
        assert "Add --train to train it first" in said


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
@pytest.mark.parametrize(("answer", "said"), [("n", "Add --train"), ("y", "trained."), ("", "Add")])
def test_at_a_terminal_the_user_is_asked(checkout, monkeypatch, answer, said):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    code = "import common.run.launch as launch\n"
    code += "launch.train_variant = lambda *_, **__: exit('trained.')"
    terminal = Terminal(["generate", "gpt2", "--version", RARE], code, checkout)
    asked = terminal.expect("Train it now? [y/N]: ")
    assert f"gpt2 {RARE} has no weights here. Training it once takes about " in " ".join(
        asked.split()
    )
    terminal.send(f"{answer}\n")
    terminal.expect(said)
    assert terminal.end() == (1 if answer == "y" else 2)


@pytest.mark.slow
def test_a_fresh_checkout_writes_after_one_real_training(checkout, capsys):
    words = ["generate", "gpt2", "--version", RARE, "--prompt", "ROMEO:", "--max-tokens", "40"]
    texts = []
    for more in (["--train"], []):
        with pytest.raises(SystemExit, match="0"):
            cli.main([*words, *more])
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] and texts[0].startswith("ROMEO:") and len(texts[0]) == 47
