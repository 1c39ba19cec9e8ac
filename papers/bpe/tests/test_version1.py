"""Version 1 is Algorithm 1, mistakes and all."""

import re

import pytest

from papers.bpe.evidence import measures
from papers.bpe.version1 import model

TOY = " ".join(["low"] * 5 + ["lower"] * 2 + ["newest"] * 6 + ["widest"] * 3)  # of Algorithm 1


def learned(text, count):
    learner = model.Learner(text)
    while len(learner.merges) < count and learner.step():
        pass
    return learner


def test_the_toy_of_the_paper():
    """The first three are without a tie of their own making; es occurs nine times."""
    learner = learned(TOY, 10)
    assert learner.merges[:3] == [("e", "s"), ("es", "t"), ("est", "</w>")]
    assert "newest</w>" in learner.vocabulary and len(learner.merges) == 10


def test_lower_is_cut_as_in_figure_1():
    assert measures.lower().holds


def test_figure_1_begins_with_one_of_five_tied_pairs():
    found = measures.first_merge()
    assert found.holds and found.note == "one of 5 tied: e r, l o, o w, r </w>, w e"
    assert learned(" ".join(measures.FIGURE1), 1).merges == [("l", "o")]  # the one met first


def test_first_merge_notices_a_pair_that_is_rarer(monkeypatch):
    monkeypatch.setattr(measures, "FIGURE1_MERGES", [("s", "t")])
    assert not measures.first_merge().holds


def test_symbols_are_not_confused_with_their_parts():
    """a b in `xa b` is no pair: xa is one symbol."""
    merged = model.merge_vocabulary(("a", "b"), {"xa b a b </w>": 1})
    assert merged == {"xa b ab </w>": 1}


def test_words_come_back_white_space_does_not():
    learner = learned("to be or not to be", 6)
    segmenter = model.Segmenter(learner.alphabet, learner.merges)
    assert segmenter.decode(segmenter.encode("not to be")) == "not to be"
    assert segmenter.decode(segmenter.encode("not  to\nbe ")) == "not to be"


def test_unknown_characters_are_lost():
    segmenter = model.Segmenter(["a", "b"], [("a", "b")])
    assert segmenter.decode(segmenter.encode("ab xa")) == "ab <unk>a"


def test_ties_follow_the_order_of_the_text():
    assert learned("ab cd", 1).merges != learned("cd ab", 1).merges


def test_a_backslash_breaks_it():
    """The pair goes into re.sub as a template (rsennrich/subword-nmt#5)."""
    with pytest.raises(re.error):
        learned("a\\ a\\ a\\", 1)
    assert list(learned("\\n", 1).vocabulary) == ["\n </w>"]  # read as an escape: a new line


def test_one_unit_stands_inside_and_at_the_end():
    """und is of fund and of und; with the end apart nothing tells (rsennrich/subword-nmt#19)."""
    learner = learned("fund fund fund und und und", 2)
    segmenter = model.Segmenter(learner.alphabet, learner.merges)
    assert segmenter.segment("und") == ["und", "</w>"]
    assert segmenter.segment("funds")[1] == "und"


def test_times_are_what_the_text_loses():
    learner = model.Learner("aaaaa aaaaa ab")
    before = learner.size()
    _, times = learner.step()
    assert times == before - learner.size() == 4
