"""Recurrent networks as models of words: they sit the exam of characters, and can be asked."""

import dataclasses
import hashlib
import json
import math
from pathlib import Path

import numpy as np
import pytest

from common.ask.checkpoint import read_checkpoint
from common.ask.generation import generate
from common.ask.writer import Settings
from common.data import catalog
from common.data.text import load_text, split
from common.exams.words import Words, word_perplexity
from common.paper import rooms
from tests.exams import ROOT, place_text, run_of, text_part, train, verse

STREAMS, CONTEXT = 64, 100
GREEDY = Settings(temperature=0, max_tokens=12)
NAMES = ("rnn", "lstm", "gru")  # rooms whose newest version has a field `words`


def exam_of(name, *arguments, **named):
    return rooms(ROOT)[name].module("task").Exam(*arguments, **named)


def newest(name):
    return rooms(ROOT)[name].paper.newest


@pytest.fixture
def parts(tmp_path):
    """The three parts, and the file that holds them."""
    made = {
        part: text_part(part, seed) for seed, part in enumerate(("train", "validation", "test"))
    }
    return made, place_text(made, tmp_path, None)


@pytest.fixture
def watched(monkeypatch):
    """watched(name) -> a list that the exam and its `predict` are put into."""

    def watch(name):
        given, of = [], rooms(ROOT)[name].module("task").Exam
        finish = of.finish

        def noted(self, predict, seed):
            given.append((self, predict))
            return finish(self, predict, seed)

        monkeypatch.setattr(of, "finish", noted)
        return given

    return watch


@pytest.mark.parametrize("name", NAMES)
def test_bits_per_character_are_those_of_a_plain_loop(name, parts, tmp_path, watched):
    (made, path), given = parts, watched(name)
    run = run_of(name, newest(name), path, words=60, steps=12, batch=8, sequence=8)
    run.folder = tmp_path
    metrics = train(name, newest(name), run).metrics
    ((exam, predict),) = given
    assert split(load_text(path)).test == made["test"]
    tokens = exam.vocabulary.encode(made["test"])
    assert len(tokens) < len(made["test"]) and (tokens >= len(exam.vocabulary.characters)).any()
    targets = len(tokens) - 1
    length = math.ceil(targets / min(STREAMS, max(1, targets // CONTEXT)))
    bits = 0.0
    for target in range(1, len(tokens)):
        start = max(0, (target - 1) // length * length - CONTEXT)
        log_p, _ = predict(tokens[None, start:target], None)
        assert np.exp(log_p[0, -1]).sum() == pytest.approx(1, abs=1e-5)
        bits -= float(log_p[0, -1, tokens[target]]) / math.log(2)
    scored = exam.vocabulary.decode(tokens[1:])
    assert metrics["bits_per_character"] == pytest.approx(bits / len(scored), rel=2e-5)
    words = len(scored.split())
    assert metrics["word_perplexity"] == pytest.approx(2 ** (bits / words), rel=1e-3)
    assert 0 < metrics["unknown_share"] < 1
    assert set(metrics) >= {"validation_bits", "real_words"} and "word_start_bits" not in metrics


@pytest.mark.parametrize("name", NAMES)
def test_it_learns_a_text_that_repeats_and_can_be_asked(name, tmp_path):
    text, version = verse(tmp_path), newest(name)
    changes = {"words": 20, "steps": 150, "batch": 8, "sequence": 16, "learning_rate": 0.01}
    run = run_of(name, version, text, **changes)
    run.folder = tmp_path
    metrics = train(name, version, run).metrics
    assert metrics["bits_per_character"] < 0.5 and metrics["unknown_share"] == 0
    assert metrics["word_perplexity"] < 4
    told = {"paper": name, "variant": version, "version": version, "seed": 0}
    sha256 = hashlib.sha256(Path(text).read_bytes()).hexdigest()
    told |= {"dataset": {"name": "file:verse.txt", "sha256": sha256}}
    told |= {"config": dataclasses.asdict(run.config)}
    (tmp_path / "model.json").write_text(json.dumps(told))
    home = rooms(ROOT)[name]
    asked = home.module(f"{version}.ask").load(read_checkpoint(home, tmp_path, text))
    writer, units, near = asked
    assert "the quick brown fox jumps" in generate(writer, ["and runs away.\n"], GREEDY)[0]
    assert list(units.read("the dog").tokens) == ["the", " dog"]
    assert {"quick", "dog"} <= set(near.words) and len(near.near("dog", 3)) == 3


@pytest.mark.parametrize("name", NAMES)
def test_words_and_characters_are_scored_alike(name, parts):
    """A model that knows nothing: the same bits for each token give numbers that compare."""
    _, path = parts
    found = {}
    for words in (0, 60):
        exam = exam_of(name, path, words=words)

        def predict(tokens, state, symbols=exam.symbols):
            return np.full((*tokens.shape, symbols), -math.log(symbols)), 0

        exam.measures = [word_perplexity]
        found[words], _ = exam.finish(predict, 0)
        text = exam.parts.test
        bits = (len(exam.encode(text)) - 1) * math.log2(exam.symbols)
        unscored = len(exam.vocabulary.decode(exam.encode(text)[:1]))
        scored = text[unscored:]
        assert found[words]["bits_per_character"] == pytest.approx(bits / len(scored))
        perplexity = 2 ** (bits / len(scored.split()))
        assert found[words]["word_perplexity"] == pytest.approx(perplexity)
    assert "unknown_share" in found[60] and "unknown_share" not in found[0]


ARTICLE = (
    "= = Café {n} = =\n\nThe café of {n} is a café in Zürich, and the town has {n} of them.\n\n"
    "= = = History = = =\n\nIt was built in 18{n}, “the best of all”, and the town paid for it.\n\n"
)


@pytest.fixture
def articles(tmp_path, monkeypatch):
    """A small part in the place of `wikipedia_sample`: headings, quotation marks, accents."""
    text = "".join(ARTICLE.format(n=n) for n in range(10, 60)).encode()
    folder = tmp_path / "data" / "wikipedia_sample"
    folder.mkdir(parents=True)
    (folder / "articles.txt").write_bytes(text)
    given = catalog.get("wikipedia_sample")
    sha256 = hashlib.sha256(text).hexdigest()
    file = given.files[0].model_copy(update={"bytes": len(text), "sha256": sha256})
    made = given.model_copy(update={"files": (file,)})
    monkeypatch.setattr(catalog, "load_catalog", lambda: {"wikipedia_sample": made})
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path / "data"))
    return "wikipedia_sample"


@pytest.mark.parametrize("name", NAMES)
def test_articles_of_wikipedia_are_read_in_words_and_in_characters(name, articles):
    bits = {}
    for words in (0, 40):
        changes = {"words": words, "steps": 60, "batch": 8, "sequence": 16, "learning_rate": 0.02}
        bits[words] = train(name, newest(name), run_of(name, newest(name), articles, **changes))
    assert (
        max(run.metrics["bits_per_character"] for run in bits.values()) < 4.0
    )  # guessing costs 5.6
    exam = exam_of(name, articles, words=40)
    assert isinstance(exam.vocabulary, Words) and " café" in exam.vocabulary.symbols
    assert exam.vocabulary.decode(exam.train) == exam.parts.train
