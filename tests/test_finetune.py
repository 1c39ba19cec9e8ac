"""`papers finetune`: pre-trained weights learn a user's own classes, and answer by their names."""

import json
import random
import re
from dataclasses import asdict

import pytest
import torch
from safetensors.torch import load_file

from common.ask import origins
from common.ask.abilities import Classifier
from common.ask.checkpoint import read_checkpoint
from common.commands import cli
from common.data import place
from common.data.own import read_own
from common.exams import documents, sentiment
from common.exams.bag_of_words import bag_of_words_error
from common.paper import forget_rooms, rooms
from common.records.record import read_record
from common.run import launch, worker
from common.run.checkpoints import Checkpoints
from common.run.datasets import fine_tunes
from common.run.pretrained import TUNING
from tests.exams import VERSIONS, parts_of, run_of, side, train
from tests.hasty import make_checkout
from tests.running import _here
from tests.sentiment import encyclopedia, sentiment_part
from tests.small_sets import entry

WORDS = {"food": ["soup", "bread"], "sports": ["goal", "team"], "weather": ["rain", "storm"]}
SMALL = {
    "pieces": 120, "context": 24, "d_model": 16, "heads": 2, "layers": 1, "batch": 4, "steps": 30,
    "tune_batch": 8, "tune_rate": 0.01, "pretrain_steps": 3,
}  # fmt: skip
TUNED = [(name, version) for name, version in VERSIONS if fine_tunes(rooms()[name])]


def my_lines(folder, count=150, name="my.tsv"):
    rng, lines = random.Random(0), []
    for i in range(count):
        kind = sorted(WORDS)[i * i % 7 % 3]
        lines.append(f"The {rng.choice(WORDS[kind])} is a {rng.choice(WORDS[kind])}.\t{kind}")
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(folder / name)


@pytest.fixture
def checkout(tmp_path, monkeypatch, sets):
    """A checkout with small sets in the place of the real ones, and a user's file in it."""
    parts = {f"{part}.tsv": sentiment_part(name, 0) for part, name in
             {"train": "train", "dev": "validation", "test": "test"}.items()}  # fmt: skip
    files = {
        path: "".join(f"{text}\t{label}\n" for text, label in part).encode()
        for path, part in parts.items()
    }
    texts = {"sst2": files, "wikipedia_sample": {"input.txt": encyclopedia().encode()}}
    for name, kind in (("sst2", "labelled"), ("wikipedia_sample", "text")):
        own = texts[name]
        sets(name, kind=kind, files=[entry(path, content) for path, content in own.items()])
        for path, content in own.items():
            (place.data_root() / name).mkdir(parents=True, exist_ok=True)
            (place.data_root() / name / path).write_bytes(content)
    root = make_checkout(tmp_path / "checkout")
    my_lines(root)
    monkeypatch.chdir(root)
    monkeypatch.setattr(launch, "run_seeds", _here)
    forget()
    yield root
    forget()


def forget():
    forget_rooms()
    for kept in (documents.documents_of, sentiment._learned, bag_of_words_error):
        kept.cache_clear()


@pytest.fixture
def phases(monkeypatch):
    """The phases in which steps are taken."""
    seen = []
    monkeypatch.setattr(worker, "send", lambda event: seen.append(event.get("phase")))
    return seen


@pytest.fixture
def papers(capsys):
    def call(*words, code=0):
        with pytest.raises(SystemExit) as stopped:
            cli.main(list(words))
        out, err = capsys.readouterr()
        assert stopped.value.code == code, out + err
        return " ".join((out if code == 0 else err).split())

    return call


def options(**changes):
    return [w for n, v in {**SMALL, **changes}.items() for w in ("-S", f"{n}={v}")]


def newest(root):
    """The newest run of one's own: its record and weights."""
    path = max(root.glob("local/bert/*/runs/*/version2.json"), key=lambda p: p.stat().st_mtime_ns)
    folder = path.parents[2] / "checkpoints" / "version2"
    return read_record(path), load_file(folder / "weights.safetensors")


def kept(root):
    """What pre-training ended with, as it is kept."""
    [folder] = root.glob("local/pretrained/bert/version2-*/pretrain")
    _, tensors, _ = Checkpoints(folder).load()
    return {name: w for name, w in tensors.items() if name.startswith("model.")}


def test_what_an_earlier_run_pre_trained_is_taken_as_it_is(checkout, papers, phases):
    papers("train", "bert", "version2", "--seed", "0", *options())
    usual, _ = newest(checkout)
    assert set(phases) >= {"pretrain", "finetune"}
    del phases[:]
    said = papers("finetune", "bert", "--data", "my.tsv", *options(tune_rate=0.0))
    assert re.search(r"pre-trained weights: those of local/bert/\w+/runs/\S+/version2.json", said)
    assert "pretrain" not in phases and "finetune" in phases
    record, weights = newest(checkout)
    assert record.seeds[0].curves[0] == usual.seeds[0].curves[0]
    start = kept(checkout)
    assert weights["model.classes.weight"].shape == (3, 16)
    same = [n for n, w in start.items() if w.shape == weights[n].shape and w.equal(weights[n])]
    assert set(start) - set(same) == {"model.classes.weight", "model.classes.bias"}


def test_without_any_it_is_pre_trained_once(checkout, papers, phases):
    said = papers("finetune", "bert", "--data", "my.tsv", *options())
    assert "no pre-trained weights of bert version2" in said and "pretrain" in phases
    first, start = newest(checkout)[0], kept(checkout)
    del phases[:]
    my_lines(checkout, 120, "other.tsv")
    said = papers("finetune", "bert", "--data", "other.tsv", *options(steps=5, tune_batch=4))
    assert "pre-trained weights: those of local/" in said and "pretrain" not in phases
    assert newest(checkout)[0].seeds[0].curves[0] == first.seeds[0].curves[0]
    papers("train", "bert", "version2", "--seed", "0", *options())  # the room's own run
    assert newest(checkout)[0].seeds[0].curves[0].loss == first.seeds[0].curves[0].loss
    assert all(weight.equal(kept(checkout)[name]) for name, weight in start.items())
    said = papers("finetune", "bert", "--data", "my.tsv", *options(pretrain_steps=2))
    assert "no pre-trained weights" in said


def test_pre_trained_weights_that_are_damaged_are_not_taken(checkout, papers, phases):
    papers("finetune", "bert", "--data", "my.tsv", *options())
    [state] = checkout.glob("local/pretrained/bert/*/pretrain/*/state.safetensors")
    whole = state.read_bytes()
    state.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    said = papers("finetune", "bert", "--data", "my.tsv", *options())
    assert "no pre-trained weights" in said
    assert state.read_bytes() == whole  # it was kept anew


def test_it_answers_with_the_users_classes_until_the_file_changes(checkout, papers, phases):
    said = papers(
        "finetune", "bert", "--data", "my.tsv", *options(pieces=300, d_model=32, steps=100)
    )
    assert 'next: papers classify bert --data my.tsv --version version2 "a text"' in said
    ask = ["classify", "bert", "--data", "my.tsv", "--json"]
    for text, kind in (("The soup is a bread.", "food"), ("the storm is a rain", "weather")):
        found = json.loads(papers(*ask, text))["classes"]
        assert found[0]["label"] == kind and {one["label"] for one in found} == set(WORDS)
    said = papers("classify", "bert", "a text", code=2)
    assert "was trained on your file 'my.tsv': name it with --data" in said
    (checkout / "my.tsv").write_text((checkout / "my.tsv").read_text() + "A soup.\tfood\n")
    said = papers(*ask, "a text", code=2)
    assert "my.tsv is not what this model was trained on: that was another of that name" in said


def test_what_was_held_out_is_judged_beside_simple_rivals(checkout, papers, phases):
    said = papers("finetune", "bert", "--data", "my.tsv", *options())
    assert "answered right, of 150 lines: 15 to choose by 15 to judge by" in said
    metrics, file = newest(checkout)[0].seeds[0].metrics, str(checkout / "my.tsv")
    ours = 100 - metrics["validation_error"], 100 - metrics["error"]
    bags = [100 - bag_of_words_error(file, split=name) for name in ("validation", "test")]
    parts, classes = sentiment.labelled(file)
    numbers = {name: [label for _, label in part] for name, part in parts.items()}
    commonest = max(range(3), key=numbers["train"].count)
    shares = [100 * numbers[n].count(commonest) / 15 for n in ("validation", "test")]
    for name, (one, other) in (
        ("bert version2", ours), ("bag of words", bags), (f"always '{classes[commonest]}'", shares)
    ):  # fmt: skip
        assert f"{name} {one:.1f} % {other:.1f} %" in said


def test_papers_train_does_the_same_and_pre_trains(checkout, papers, phases):
    papers("finetune", "bert", "--data", "my.tsv", *options())
    tuned, weights = newest(checkout)
    del phases[:]
    said = papers("train", "bert", "version2", "--seed", "0", "--data", "my.tsv", *options())
    assert "in fine-tuning your labelled lines take the place of sst2." in said
    assert "pretrain" in phases
    record, others = newest(checkout)
    assert record.seeds[0].metrics == tuned.seeds[0].metrics
    assert all(weight.equal(weights[name]) for name, weight in others.items())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["bert", "--data", "none.tsv"], "none.tsv: there is no such file."),
        (["bert", "--data", "few.txt"], "few.txt, line 1: there is no tab in 'a text'"),
        (["bert", "--data", "latin.tsv"], "latin.tsv is not UTF-8 but looks like WINDOWS-1252"),
        (["bert", "--data", "my.tsv", "--version", "version9"], "version9"),
        (["bert", "--data", "my.tsv", "-S", "stps=3"], "has no parameter 'stps'"),
    ],
)
def test_what_it_cannot_do_is_said_in_a_sentence(checkout, papers, phases, words, said):
    (checkout / "few.txt").write_text("a text\n" * 200)
    lines = "".join(f"un caf\u00e9 {i}, d\u00e9j\u00e0\t{i % 2}\n" for i in range(120))
    (checkout / "latin.tsv").write_bytes(lines.encode("cp1252"))
    assert said in papers("finetune", *words, code=2)
    assert not phases and not (checkout / "local" / "pretrained").exists()


def test_a_paper_that_is_not_fine_tuned_names_those_that_are(papers):
    said = papers("finetune", "rnn", "--data", "my.tsv", code=2)
    assert "rnn is not fine-tuned on labelled lines; these are: albert, bert, electra, g" in said
    assert "bidirectional_rnn" not in said


@pytest.mark.parametrize(("name", "version"), TUNED)
def test_three_classes_follow_the_very_pre_training_of_two(name, version, tmp_path, monkeypatch):
    own = side(name)
    usual = own.place(parts_of(name), tmp_path, monkeypatch)
    changes = {**own.CHANGES[version], "pretrain_steps": 3, "steps": 6}
    other = {n: 2 * v for n, v in changes.items() if TUNING.fullmatch(n)}
    ends = []
    for data, more in ((usual, {}), (my_lines(tmp_path), other)):
        run = run_of(name, version, data, **{**changes, **more})
        run.folder = tmp_path / f"run{len(ends)}"
        result = train(name, version, run)
        ends.append(Checkpoints(run.folder / "pretrain").load()[1])
    assert ends[0].keys() == ends[1].keys()
    assert all(torch.equal(one, ends[1][n]) for n, one in ends[0].items())
    assert len(result.curves[1].step) == 12 and "error_100" not in result.metrics
    _answers(name, version, run, data, monkeypatch)


def _answers(name, version, run, data, monkeypatch):
    """The weights that such a run leaves are asked."""
    text = documents.load_text("wikipedia_sample", report=print)
    monkeypatch.setattr(origins, "ensure", lambda name, **rest: text)
    told = {
        "paper": name, "variant": version, "version": version, "seed": 0,
        "config": asdict(run.config),
        "dataset": {"name": "file:my.tsv", "sha256": read_own(data)[1]},
        "more_data": {"pretrain": {"name": "wikipedia_sample", "sha256": text.sha256}},
    }  # fmt: skip
    (run.folder / "model.json").write_text(json.dumps(told))
    home = rooms()[name]
    loaded = home.module(f"{version}.ask").load(read_checkpoint(home, run.folder, data))
    [model] = [one for one in loaded if isinstance(one, Classifier)]
    assert list(model.labels) == sorted(WORDS)
    assert sum(model.classify("The soup is hot.")) == pytest.approx(1, abs=1e-5)
    assert len(model.classify("rain")) == 3
