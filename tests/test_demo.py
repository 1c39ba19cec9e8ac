"""Demo weights: a fresh clone answers from them, and each is of a committed record."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.torch import load_file, save_file

from common.ask import demo
from common.commands import cli, doctor
from common.commands.weights import weights
from common.config import read_yaml
from common.data.catalog import get
from common.errors import UserError
from common.paper import forget_rooms, rooms
from common.records.record import Resealed, record_path, write_record
from tests.demos import CASES, ROOT, add_data, as_cloned, bytes_of, scratch, trained

Image = pytest.importorskip("PIL.Image")

ASKED = {
    "gpt2": [
        ("generate", "--prompt", "Citizen", "--max-tokens", "30"),
        ("chat", "--max-tokens", "20"),
        ("attend", "hear me", "-o", "maps"),
    ],
    "transformer": [
        ("translate", "a man rides a bike"),
        ("attend", "a man rides a bike", "-o", "maps"),
    ],
    "vit": [("classify", "picture.png"), ("attend", "picture.png", "-o", "maps")],
}


@pytest.fixture
def room(sets, tmp_path, monkeypatch):
    """room(name) -> a checkout's room, where we then are, with a recorded run of the size long."""

    def make(name):
        add_data(sets, CASES[name].data, tmp_path / "sets")
        home = scratch(tmp_path / "checkout", name)
        monkeypatch.chdir(home.folder.parents[1])
        trained(home)
        return home

    yield make
    forget_rooms()


@pytest.fixture
def papers(capsys, monkeypatch):
    """papers(*words) -> exit code, stdout, stderr; a chat reads one line."""

    def run(*words):
        stdin = io.TextIOWrapper(io.BytesIO(b"Citizen\n"), encoding="utf-8")
        monkeypatch.setattr(sys, "stdin", stdin)
        with pytest.raises(SystemExit) as stopped:
            cli.main(list(words))
        return stopped.value.code or 0, *capsys.readouterr()

    return run


@pytest.mark.parametrize("name", CASES)
def test_a_fresh_clone_answers_what_the_trained_weights_answer(name, room, papers):
    home = room(name)
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(256, size=(40, 40), dtype=np.uint8)).save("picture.png")
    source = home.path("checkpoints", f"{home.newest}-long")
    asked = [(door, name, *words) for door, *words in ASKED[name]]
    before = [papers(*words, "--checkpoint", str(source)) for words in asked]
    code, out, _ = papers("demo", name)
    assert code == 0 and out.startswith(f"papers/{name}/demo: ")
    as_cloned(home)
    after = [papers(*words) for words in asked]
    assert [told[:2] for told in after] == [told[:2] for told in before]
    for code, out, err in after:
        assert code == 0 and out.strip()
        assert err.startswith(f"demo weights: {home.newest}-long, seed 0, {CASES[name].data}, ")
        assert "\ntrained 21 s, " in err and "; --train trains your own\n" in err
        assert len(err.splitlines()[-1]) <= 80


def test_a_demo_is_small_and_the_same_bytes_each_time(room, papers):
    home = room("gpt2")
    papers("demo", "gpt2")
    first = bytes_of(home.path("demo"))
    papers("demo", "gpt2")
    assert bytes_of(home.path("demo")) == first
    kept = load_file(home.path("demo", "weights.safetensors"))
    source = load_file(home.path("checkpoints", "version2-long", "weights.safetensors"))
    assert kept.keys() == source.keys() - {"optimizer.0.step"}
    assert all(2 * w.nbytes == source[name].nbytes for name, w in kept.items())


def test_the_licence_of_data_that_is_not_in_git_stands_beside_the_weights(room, papers):
    home = room("transformer")
    papers("demo", "transformer")
    told = json.loads(home.path("demo", "model.json").read_bytes())
    assert told["licences"]["multi30k"].endswith(f": {get('multi30k').licence}")


def test_ctrl_c_leaves_the_demo_that_was_there(room, papers, monkeypatch):
    home = room("gpt2")
    papers("demo", "gpt2")
    path = home.path("demo", "model.json")
    change(path, note="as it was")
    rename = Path.rename

    def stopped(self, target):
        if Path(target) == home.path("demo") and self.name == "new":
            raise KeyboardInterrupt
        return rename(self, target)

    before = bytes_of(home.path("demo"))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", stopped)
        assert papers("demo", "gpt2")[0] == 130
    assert bytes_of(home.path("demo")) == before
    assert [path.name for path in home.folder.glob("*demo*")] == ["demo"]
    assert papers("demo", "gpt2")[0] == 0 and bytes_of(home.path("demo")) != before


def test_where_a_demo_cannot_be_made_it_says_what_makes_it_possible(room, papers):
    home = room("gpt2")
    as_cloned(home)
    mend = "train it with `papers train gpt2 version2 --size long --record`"
    code, _, err = papers("demo", "gpt2")
    assert code == 2 and err.startswith(f"error: gpt2 has no weights of its size long here: {mend}")
    params = read_yaml(home.path("params.yaml"))
    for profile in ("smoke", "cpu", "gpu"):
        params[profile]["sizes"] = {"tiny": {}}
    home.path("params.yaml").unlink()
    home.path("params.yaml").write_text(yaml.safe_dump(params))
    code, _, err = papers("demo", "gpt2")
    assert code == 2 and "gpt2 has no size long" in err and "its sizes are tiny. Add long to" in err


def test_named_and_trained_weights_go_before_the_demo_and_own_text_needs_others(room, papers):
    home = room("transformer")
    papers("demo", "transformer")
    as_cloned(home)
    folder = home.path("demo").resolve()
    assert weights(home, None) == weights(home, "version3-long") == folder
    assert weights(home, None, "multi30k") == folder
    with pytest.raises(UserError, match="transformer version3 has no weights here"):
        weights(home, "version3")
    own = home.folder.parents[1] / "own.txt"
    own.write_text("To be, or not to be.\n")
    with pytest.raises(UserError, match="no weights here that learned from"):
        weights(home, None, str(own))
    mine = home.folder.parents[1] / "local/transformer/key/checkpoints/version1"
    mine.mkdir(parents=True)
    (mine / "model.json").write_bytes(home.path("demo", "model.json").read_bytes())
    assert weights(home, None) == mine


def change(path, **changes):
    path.write_text(json.dumps({**json.loads(path.read_bytes()), **changes}))


def cut(path):
    path.write_bytes(path.read_bytes()[:-9])


def other_seal(path):
    save_file(load_file(path), path, metadata={"seal": "0" * 64})


MODEL, WEIGHTS = "model.json", "weights.safetensors"
DAMAGED = {
    "cut json": (MODEL, cut, "model.json is damaged"),
    "no json": (MODEL, lambda path: path.unlink(), "it has no model.json"),
    "no weights": (WEIGHTS, lambda path: path.unlink(), "weights.safetensors"),
    "cut weights": (WEIGHTS, cut, "weights.safetensors is damaged"),
    "two seals": (WEIGHTS, other_seal, "its two files carry different seals"),
    "a seal of no record": (
        MODEL,
        lambda path: change(path, seal="0" * 64),
        "is of no committed record of gpt2 at the size long: train it with "
        "`papers train gpt2 version2 --size long --record`, then run `papers demo gpt2`",
    ),
    "another config": (
        MODEL,
        lambda path: change(path, config={**CASES["gpt2"].sizes, "dropout": 0.5}),
        "its config is not that of its record",
    ),
    "another seed": (MODEL, lambda path: change(path, seed=7), "its seed is not that of"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_a_demo_that_is_not_what_its_record_says_is_refused(what, room, papers):
    home = room("gpt2")
    papers("demo", "gpt2")
    as_cloned(home)
    file, damage, said = DAMAGED[what]
    damage(home.path("demo", file))
    code, out, err = papers("generate", "gpt2", "--max-tokens", "5")
    assert (code, out) == (2, "") and said in err and "`git restore papers/gpt2/demo`" in err
    (finding,) = doctor.demos(ROOT)
    assert (
        finding.problem and said in finding.state and finding.mend == "git restore papers/gpt2/demo"
    )


def test_a_demo_stays_that_of_its_record_through_a_reseal(room, papers):
    home = room("gpt2")
    papers("demo", "gpt2")
    record = demo.check(home)
    old = Resealed(seal=record.seal, sources=record.sources, commit=record.commit)
    renewed = record.model_copy(update={"commit": "f" * 40, "resealed": [old]})
    write_record(record_path(home.folder, renewed), renewed)
    assert demo.check(home).seal != record.seal
    (finding,) = doctor.demos(ROOT)
    assert finding.state == "of the record test-cpu-1t-float32/version2-long"


def test_what_is_too_large_or_of_no_record_becomes_no_demo(room, papers, monkeypatch):
    home = room("gpt2")
    with monkeypatch.context() as patch:
        patch.setattr(demo, "LARGEST", 9_000)
        code, _, err = papers("demo", "gpt2")
    assert code == 2 and "bytes, and 9,000 is the most: give version2-long smaller sizes" in err
    record_path(home.folder, demo.record_of(home, home.path("checkpoints/version2-long"))).unlink()
    code, _, err = papers("demo", "gpt2")
    assert code == 2 and "version2-long is of no committed record of gpt2" in err
    assert not list(home.folder.glob("*demo*"))


@pytest.mark.parametrize("of", ["json.JSONDecoder", "papers.bpe.version2.model.merge", "papers.x"])
def test_a_carried_tokenizer_of_no_papers_class_is_refused(of, room, papers):
    home = room("transformer")
    papers("demo", "transformer")
    path = home.path("demo", "model.json")
    carried = json.loads(path.read_bytes())["carried"]
    carried["tokenizers"]["tokenizer"]["of"] = of
    change(path, carried=carried)
    code, _, err = papers("translate", "transformer", "a man", "--checkpoint", str(path.parent))
    assert code == 2 and f"{of} is no tokenizer" in err


def test_what_a_carried_exam_lacks_is_an_error_in_a_sentence(room, papers):
    home = room("vit")
    papers("demo", "vit")
    path = home.path("demo", "model.json")
    carried = json.loads(path.read_bytes())["carried"]
    del carried["plain"]["classes"]
    change(path, carried=carried)
    (home.folder.parents[1] / "none.png").touch()  # refused before it is read
    code, _, err = papers("classify", "vit", "none.png", "--checkpoint", str(path.parent))
    assert code == 2 and "'Exam' object has no attribute 'classes'" in err


COMMITTED = [home for home in rooms(ROOT).values() if home.path("demo").is_dir()]


@pytest.mark.parametrize("home", COMMITTED, ids=lambda home: home.name)
def test_each_committed_demo_is_small_and_carries_the_seal_of_a_committed_record(home):
    demo.check(home)
    assert sum(path.stat().st_size for path in home.path("demo").iterdir()) <= demo.LARGEST
