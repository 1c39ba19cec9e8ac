"""The versions learn, the measure of alignment counts what it says, and reversals are learned."""

from types import SimpleNamespace

import numpy as np
import pytest

from common.exams.translation import Translated
from papers.bahdanau_attention import task
from papers.bahdanau_attention.evidence import experiments
from tests.exams import run_of, train
from tests.translation import pairs_file

SIZES = {"hidden": 32, "width": 24, "batch": 80, "clip": 1.0}
CHANGES = {
    "version1": {"places": 8, "epsilon": 1e-4, "steps": 120},
    "version2": {"aligned": 24, "maxout": 24, "rate": 0.01, "warmup": 20, "steps": 120},
}


@pytest.mark.parametrize("version", sorted(CHANGES))
def test_a_version_learns_to_translate_word_for_word(version, tmp_path):
    run = run_of("bahdanau_attention", version, pairs_file(tmp_path), **SIZES, **CHANGES[version])
    result = train("bahdanau_attention", version, run)
    assert result.metrics["nats_per_token"] < 1.8  # guessing costs 5.7
    assert result.curve.validation[-1] < result.curve.validation[0]
    assert 0 <= result.metrics["aligned"] <= 1


def exam_of(encode, tokens):
    """As much of the exam as the measure asks for: a tokenizer."""
    tokenizer = SimpleNamespace(encode=encode, bytes=dict(enumerate(tokens)))
    return SimpleNamespace(tokenizer=tokenizer, text={"train": ()})


LETTERS = exam_of(lambda text: list(text.encode()), [bytes([i]) for i in range(256)])


def test_tokens_of_words_are_those_that_spell_them():
    text = "ein Mädchen, zwei T-Shirts."
    spelled = (" " + text).encode()
    found = [spelled[span].decode().strip() for span in task.word_tokens(LETTERS, text)]
    assert found == ["ein", "Mädchen", ",", "zwei", "T-Shirts", "."]


def test_tokens_of_several_words_belong_to_each_of_them():
    exam = exam_of(lambda text: [0, 1, 2], [b" a", b"b c", b"d"])
    assert task.word_tokens(exam, "ab cd") == [slice(0, 2), slice(1, 3)]


TABLE = {"": {"zu": 0.9}, "red": {"rote": 0.8, "zu": 0.1}, "dog": {"Hund": 0.7, "rote": 0.1}}


def test_links_go_to_the_likeliest_word_or_to_none():
    assert list(task.links(TABLE, "dog red", "rote Hund zu sehen")) == [(0, 1), (1, 0)]


@pytest.mark.parametrize("crossed", [True, False])
def test_the_measure_follows_the_largest_weight(crossed, monkeypatch):
    """Two words that change places: who looks straight ahead is never right."""
    straight = np.kron(np.eye(2), np.ones((4, 4)))  # four letters of either word, spaces among them
    weights = straight[:, ::-1] if crossed else straight
    table = {"": {}, "one": {"EIN": 1.0}, "two": {"ZWO": 1.0}}
    monkeypatch.setattr(task, "looks", lambda exam, net: [(0, weights)])
    monkeypatch.setattr(task, "_lexicon", lambda pairs: table)
    translated = Translated(SimpleNamespace(net=None), [], (("one two", "ZWO EIN"),))
    found = task.aligned(LETTERS, translated)
    assert found == {"aligned": float(crossed), "aligned_diagonal": 0.0}


@pytest.mark.slow
def test_what_is_learned_of_reversals():
    """Seed 100: all of short ones, and of long ones more than from one vector; without being told,
    each word while looking at itself."""
    assert experiments.right(100, experiments.LENGTHS) > 99
    longer = [experiments.right(100, experiments.LONGER, d) for d in (None, "fixed_vector")]
    assert longer[0] > longer[1] + 10
    anti, straight = experiments.places(100)
    assert anti > 80 > 20 > straight
