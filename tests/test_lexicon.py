"""The lexicon, against small languages whose translation is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.exams import lexicon
from common.exams.translation import sentences
from tests.translation import WORD_FOR_WORD, pairs_file


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    return sentences(pairs_file(tmp_path_factory.mktemp("pairs")))


@given(st.lists(st.sampled_from(["Ein", "Mann", "T-Shirt", "geht", ",", "."]), min_size=1))
def test_words_of_a_joined_text_are_the_words(tokens):
    assert lexicon.words(lexicon.join(tokens)) == tokens


def test_marks_stand_after_their_word():
    assert lexicon.join(["Ein", "Mann", ",", "der", "lacht", "."]) == "Ein Mann, der lacht."


def test_the_lexicon_learns_a_word_for_word_language(parts):
    sources, references = zip(*parts["test"])
    assert lexicon.translations(parts["train"], sources) == list(references)


def test_a_word_that_was_never_seen_is_left_out(parts):
    assert lexicon.translations(parts["train"], ["Two zebras see dogs"]) == ["zwei sehen Hunde"]


def test_a_lexicon_row_is_a_distribution_with_the_likeliest_word_last(parts):
    found = lexicon.lexicon(parts["train"])
    assert set(found) == {lexicon.NULL, *WORD_FOR_WORD}
    for english, germans in found.items():
        assert sum(germans.values()) == pytest.approx(1)
        assert list(germans.values()) == sorted(germans.values())
        assert english == lexicon.NULL or list(germans)[-1] == WORD_FOR_WORD[english]


def test_expectation_maximisation_is_that_of_brown_et_al_by_hand():
    """Two sentences, one round, written out: t(g | e) from equal shares."""
    pairs = [("a b", "x y"), ("a", "x")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lexicon, "ROUNDS", 1)
        found = lexicon.lexicon(pairs)
    # Shares: 1/3 of each German word of the first pair, 1/2 of that of the second.
    assert found["a"] == pytest.approx({"x": (1 / 3 + 1 / 2) / (2 / 3 + 1 / 2), "y": 2 / 7})
    assert found["b"] == pytest.approx({"x": 1 / 2, "y": 1 / 2})
