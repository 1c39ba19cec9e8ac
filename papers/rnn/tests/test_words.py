"""Version 2 as a model of words: it sits the exam of characters, and can be asked."""

import math

import numpy as np
import pytest

from common.data.text import load_text, split
from papers.rnn.task import WordExam
from tests.exams import place_text, run_of, text_part, train, verse

STREAMS, CONTEXT = 64, 100


@pytest.fixture
def parts(tmp_path):
    """The three parts, and the file that holds them."""
    made = {
        part: text_part(part, seed) for seed, part in enumerate(("train", "validation", "test"))
    }
    return made, place_text(made, tmp_path, None)


def test_bits_per_character_are_those_of_a_plain_loop(parts, tmp_path, monkeypatch):
    made, path = parts
    given, finish = [], WordExam.finish

    def watched(self, predict, seed):
        given.append((self, predict))
        return finish(self, predict, seed)

    monkeypatch.setattr(WordExam, "finish", watched)
    run = run_of("rnn", "version2", path, words=60, steps=12, batch=8, sequence=8)
    run.folder = tmp_path
    metrics = train("rnn", "version2", run).metrics
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


def test_it_learns_a_text_that_repeats(tmp_path):
    run = run_of("rnn", "version2", verse(tmp_path), words=20, steps=150, batch=8, sequence=16)
    result = train("rnn", "version2", run)
    assert result.metrics["bits_per_character"] < 0.5 and result.metrics["unknown_share"] == 0
    assert result.metrics["word_perplexity"] < 4
