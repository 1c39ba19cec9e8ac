"""Version 2: nothing is lost, merges are those of a literal reading, and time is linear."""

import json
import unicodedata
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from papers.bpe.evidence import injections
from papers.bpe.version2 import model

VERSE = "To be, or not to be: that is the question.\nWhether 'tis nobler in the mind's eye " * 3
TOKENIZER = model.train([VERSE], 300, ["<|endoftext|>", "<|end|>"])
UNICODE = st.text(st.characters(exclude_categories=["Cs"]))
FEW = st.text("ab c", max_size=40)


@given(UNICODE)
@example("\r\n \x85\xa0\u2028 e\u0301 🙂🙂 <|endoftext|>")
def test_any_text_comes_back(text):
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text
    assert TOKENIZER.decode(TOKENIZER.encode(text, ["<|endoftext|>"])) == text


@given(st.binary())
@example(b"\xff\xfe the \xc3( \xed\xa0\x80")
def test_any_bytes_come_back(data):
    assert TOKENIZER.decode_bytes(TOKENIZER.encode_bytes(data)) == data


@given(UNICODE)
def test_bytes_of_a_text_are_coded_like_the_text(text):
    assert TOKENIZER.encode_bytes(text.encode()) == TOKENIZER.encode(text)


@given(st.text(st.characters(categories=["Cs"]), min_size=1))
def test_lone_surrogates_come_back(text):
    assert TOKENIZER.decode(TOKENIZER.encode(text), "surrogatepass") == text


@given(UNICODE, st.sampled_from(sorted(model.PATTERNS)))
def test_pieces_are_the_text(text, pattern):
    pieces = model.split(text, pattern)
    assert "".join(pieces) == text
    assert all(pieces)


def test_pieces_by_hand():
    pieces = ["I", "'ll", " see", "  ", " 12", " dogs", ",", " don", "'t", " you", "?!", "\n", "\n"]
    assert model.split("I'll see   12 dogs, don't you?!\n\nx")[:-1] == pieces
    assert model.split("Cost: 12345 ÄÖ\u3000x", "cl100k") == [
        "Cost", ":", " ", "123", "45", " ÄÖ", "\u3000x"
    ]  # fmt: skip


def test_kinds_are_those_of_unicode():
    for code in [*range(128, 0x3100), *range(0x1D400, 0x1D800)]:
        character = chr(code)
        kind = {"L": "Z", "N": "0"}.get(unicodedata.category(character)[0], "!")
        expected = "\t" if character.isspace() else "S" if character == "ſ" else kind
        assert chr(code).translate(model.KINDS) == expected


# -- learning against a literal reading of Algorithm 1 --------------------------------------------


def literal_merges(words, count):
    """Recount everything for each merge; ties to the smallest ids."""
    words = {tuple(map(ord, word)): n for word, n in words.items()}
    spelling, merges, new = {}, [], 256
    for _ in range(count):
        pairs = Counter()
        for word, n in words.items():
            for pair in zip(word, word[1:]):
                pairs[pair] += n
        if not pairs:
            break
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        spelled = sum((spelling.get(s, (s,)) for s in best), ())
        known = {value: key for key, value in spelling.items()}
        made = known.get(spelled, new)
        if made == new:
            spelling[new], new = spelled, new + 1
        merges.append((*best, made))
        joined = Counter()
        for word, n in words.items():
            joined[tuple(literal_replace(word, best, made))] += n
        words = joined
    return merges


def literal_replace(word, pair, made):
    out, i = [], 0
    while i < len(word):
        hit = tuple(word[i : i + 2]) == pair
        out.append(made if hit else word[i])
        i += 2 if hit else 1
    return out


def learned(words, count):
    trainer = model.Trainer(words)
    return [m[:3] for _ in range(count) if (m := trainer.step())]


@settings(deadline=None)
@given(st.dictionaries(st.text("abc", min_size=1, max_size=9), st.integers(1, 5), max_size=8))
@example({"aaaaaaa": 2, "aabaab": 1})
@example({"abcabc": 1, "bcab": 3, "abab": 2})
def test_counts_kept_up_to_date_are_counts_anew(words):
    assert learned(words, 30) == literal_merges(words, 30)


def test_a_pair_that_spells_an_older_symbol_makes_it_again():
    """ab+c and a+bc are one token, abc, with one id."""
    words = {"ab": 9, "abc": 8, "bcd": 9, "bc": 3, "xbc": 9, "aXbc": 1}
    found = learned(words, 20)
    assert found == literal_merges(words, 20)
    tokenizer = model.Tokenizer.trained([(0, 1), (256, 2), (1, 2), (0, 258)])
    assert len(tokenizer) == 259  # four merges, three new tokens
    assert tokenizer.encode('!"#') == [257]


def test_times_are_replacements():
    trainer = model.Trainer({"aaaaa": 3, "ab": 1})
    assert trainer.step().times == 6  # four places in aaaaa, but two without overlap


# -- applying merges ------------------------------------------------------------------------------


def literal_encode(ids, ranks, made):
    """The pair of lowest rank, the leftmost, one at a time."""
    while True:
        found = [ranks.get(pair, float("inf")) for pair in zip(ids, ids[1:])]
        if not found or min(found) == float("inf"):
            return ids
        i = found.index(min(found))
        ids = [*ids[:i], made[found[i]], *ids[i + 2 :]]


@given(st.lists(FEW, min_size=1, max_size=4), FEW)
@example(["aaaa aab abb"], "aaabaabbbaaaa")
def test_merges_apply_as_in_the_literal_loop(texts, text):
    tokenizer = model.train(texts, 300)
    ids = list(text.encode().translate(model.TO_ID))
    expected = literal_encode(ids, tokenizer.ranks, tokenizer.made)
    assert model.merge(list(ids), tokenizer.ranks, tokenizer.made) == expected


@given(st.sets(st.binary(min_size=2, max_size=4).map(lambda b: bytes(97 + x % 3 for x in b))), FEW)
def test_vocabularies_without_merges_too(tokens, text):
    """Any set of tokens, in any order: a merge may make a pair of a rank already passed."""
    every = [bytes([b]) for b in model.BYTES] + sorted(tokens)
    tokenizer = model.Tokenizer(every, None, {})
    ids = list(text.encode().translate(tokenizer.to_id))
    expected = literal_encode(ids, tokenizer.ranks, tokenizer.made)
    assert model.merge(list(ids), tokenizer.ranks, tokenizer.made) == expected


def test_look_ups_grow_with_the_text_not_with_its_square():
    small, large = (injections.look_ups(model, n) for n in (2_000, 20_000))
    assert large <= 6 * 20_000
    assert large / small == pytest.approx(10, rel=0.01)


@pytest.mark.slow
def test_a_million_equal_characters():
    assert injections.look_ups(model, 1_000_000) <= 6_000_000


def test_the_cache_changes_nothing():
    cold = model.Tokenizer.trained(TOKENIZER.merges)
    warm = [cold.encode(VERSE) for _ in range(2)]
    assert warm[0] == warm[1] == [i for p in model.split(VERSE) for i in cold._piece(p)]
    assert 0 < len(cold.cache) < len(model.split(VERSE))


def test_long_pieces_stay_out_of_the_cache():
    tokenizer = model.Tokenizer.trained([])
    tokenizer.encode("a" * 1000)
    assert not tokenizer.cache


# -- special tokens, saving -----------------------------------------------------------------------


def test_special_tokens_only_where_allowed():
    end, other = (TOKENIZER.specials[s] for s in ("<|endoftext|>", "<|end|>"))
    text = "to be<|endoftext|><|end|> or"
    plain = TOKENIZER.encode(text)
    assert not {end, other} & set(plain)
    some = TOKENIZER.encode(text, ["<|endoftext|>"])
    assert some.count(end) == 1 and other not in some
    both = TOKENIZER.encode(text, TOKENIZER.specials)
    assert [i for i in both if i in (end, other)] == [end, other]
    assert {TOKENIZER.decode(ids) for ids in (plain, some, both)} == {text}
    with pytest.raises(KeyError):
        TOKENIZER.encode("x<|pad|>", ["<|pad|>"])


def test_specials_are_the_last_of_the_size_asked_for():
    assert len(TOKENIZER) == 300
    assert sorted(TOKENIZER.specials.values()) == [298, 299]


@given(UNICODE)
def test_saved_and_read_again_it_does_the_same(text):
    again = model.Tokenizer.from_json(TOKENIZER.to_json())
    assert again.encode(text, again.specials) == TOKENIZER.encode(text, TOKENIZER.specials)
    assert (again.tokens, again.specials) == (TOKENIZER.tokens, TOKENIZER.specials)


BROKEN = ["", "[]", "{}", '{"bpe-1": {}}', '{"bpe-1": null}', TOKENIZER.to_json()[:-9]]
CHANGES = [("merges", [[0, 900]]), ("merges", [[0]]), ("tokens", ["a"]), ("pattern", "x")]
CHANGES += [("specials", [1]), ("tokens", ["☃"]), ("merges", [[1.5, 2]])]


@pytest.mark.parametrize("text", BROKEN + [
    json.dumps({"bpe-1": {**json.loads(TOKENIZER.to_json())["bpe-1"], key: value}})
    for key, value in CHANGES
])  # fmt: skip
def test_what_is_no_tokenizer_is_refused(text):
    with pytest.raises(ValueError, match="no tokenizer"):
        model.Tokenizer.from_json(text)


def test_an_id_beyond_the_vocabulary_is_refused():
    for i in (-1, 300):
        with pytest.raises(KeyError):
            TOKENIZER.decode([i])
    with pytest.raises(ValueError, match="no pattern 'gtp2'"):
        model.split("x", "gtp2")
