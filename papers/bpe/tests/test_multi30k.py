"""Table 1 on a text of a few words, counted by hand."""

from collections import Counter

import pytest

from papers.bpe.evidence import experiments

GERMAN = Counter({"der": 4, "den": 2, "Hund": 1, "Hunde": 2})
TEST = Counter({"der": 2, "Hund": 1, "dem": 1})


def test_words_and_signs():
    assert experiments.words(["Ein Hund, ein Ball."]) == Counter(
        ["Ein", "Hund", ",", "ein", "Ball", "."]
    )


def test_the_row_of_words():
    found = experiments.measure(lambda word: [word], GERMAN, TEST)
    assert found == {"tokens": 1.0, "types": 4.0, "unseen": 0.25}


def test_characters_know_the_end_of_a_word():
    """m is nowhere; of 4 words one unit is unseen. The r of der is a final one."""
    found = experiments.measure(lambda word: list(experiments.attached(word)), GERMAN, TEST)
    assert found["unseen"] == 0.25
    assert found["tokens"] == pytest.approx((3 * 6 + 4 + 5 * 2) / 9)
    assert found["types"] == len({*"de", "r.", "n.", *"Hun", "d.", "e."})


def test_bigrams():
    end = experiments.attached("d")
    assert experiments.bigrams("Hund") == ["Hu", "n" + end]
    assert experiments.bigrams("der") == ["de", experiments.attached("r")]


@pytest.mark.parametrize("spell", [experiments.attached, experiments.apart])
def test_learned_words_become_one_unit(spell):
    segment = experiments.learn(GERMAN, spell)
    assert [len(segment(word)) for word in GERMAN] == [1, 1, 1, 1]
    assert len(segment("dem")) == {experiments.attached: 2, experiments.apart: 3}[spell]


def test_units_per_word_are_weighted():
    assert experiments.units_per_word(list, Counter({"ab": 3, "abcd": 1})) == 2.5
