"""Mistakes to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. A mistake is a function from the model
to replacements of its names; an invariant fails with the mistake in.
"""

from __future__ import annotations

import contextlib
import re
from collections import Counter

# -- ties go to the pair met first ----------------------------------------------------------------


def first_seen_ties(model):
    def entry(self, pair):
        met = vars(self).setdefault("met", {})
        return -self.pairs[pair], met.setdefault(pair, len(met)), pair

    return {"Trainer.entry": entry}


def order_of_the_text_is_nothing(model):
    texts = ["bbbaaaddddcccc", "aaabbbccccdddd"]
    learned = [model.train([text], 260).merges for text in texts]
    assert learned[0] == learned[1]


# -- counts in the queue are not refreshed --------------------------------------------------------


def stale_counts(model):
    def best(self):
        while self.heap:
            pair = self.heap[0][-1]
            if self.pairs[pair]:
                return pair
            model.heapreplace(self.heap, (0, pair))
            if not self.heap[0][0]:
                return None
        return None

    return {"Trainer.best": best}


def every_merge_is_the_most_frequent(model):
    trainer = model.Trainer({"abc": 5, "bcd": 4, "cdx": 6, "xyz": 7})
    while merge := trainer.step():
        left = Counter()
        for word, n in zip(trainer.words, trainer.counts):
            for pair in zip(word, word[1:]):
                left[pair] += n
        assert merge.times >= max(left.values(), default=0)


# -- words are what stands between white space ----------------------------------------------------


def words_by_white_space(model):
    find = re.compile(r" ?\S+|\s+(?!\S)|\s+").findall
    return {"FIND": dict.fromkeys(model.PATTERNS, find)}


def punctuation_is_no_part_of_a_word(model):
    assert [model.split(f"a dog{sign}")[1] for sign in ".!?"] == [" dog"] * 3


# -- a space is a piece of its own ----------------------------------------------------------------


def space_apart(model):
    find = re.compile(r"[A-Za-z]+|[0-9]+|[^\sA-Za-z0-9]+|\s+", re.ASCII).findall
    return {"FIND": dict.fromkeys(model.PATTERNS, find)}


def space_goes_with_its_word(model):
    assert model.split("to be  or") == ["to", " be", " ", " or"]


# -- the longest token first, not the merge of lowest rank ----------------------------------------


def longest_match(model):
    def piece(self, piece, errors="surrogatepass"):
        data = piece.encode("utf-8", errors)
        numbers = vars(self).setdefault("numbers", {t: i for i, t in enumerate(self.tokens)})
        ids, start = [], 0
        while start < len(data):
            end = next(e for e in range(len(data), start, -1) if data[start:e] in numbers)
            ids.append(numbers[data[start:end]])
            start = end
        return ids

    return {"Tokenizer._piece": piece}


def merges_apply_in_their_order(model):
    """With bc learned before ab, abc is a, bc."""
    a, b, c = b"abc".translate(model.TO_ID)
    tokenizer = model.Tokenizer.trained([(b, c), (a, b)])
    assert tokenizer.encode("abc") == [a, 256]


# -- decoding tidies up spaces --------------------------------------------------------------------


def cleaned_spaces(model):
    plain = model.Tokenizer.decode
    signs = (" .", " ?", " !", " ,", " n't", " 'm", " 's", " 've", " 're")

    def decode(self, ids, errors="replace"):
        text = plain(self, ids, errors)
        text = text.replace(" ' ", "'")
        for sign in signs:
            text = text.replace(sign, sign[1:])
        return text

    return {"Tokenizer.decode": decode}


def spaces_come_back(model):
    tokenizer = model.Tokenizer.trained([])
    for text in ("y is ?", "  two  'spaces' .", " 's", "a ' b"):
        assert tokenizer.decode(tokenizer.encode(text)) == text


# -- without a rung: no held-out line of the text shows them --------------------------------------


def overlapping_merges(model):
    """All places of a pair at once, as a mask over the ids: of three equal ones, one is lost."""

    def merge(ids, ranks, made):
        while len(ids) > 1:
            pairs = list(zip(ids, ids[1:]))
            best = min(pairs, key=lambda pair: ranks.get(pair, float("inf")))
            if best not in ranks:
                break
            hits = {i for i, pair in enumerate(pairs) if pair == best}
            new = made[ranks[best]]
            ids = [new if i in hits else ids[i] for i in range(len(ids)) if i - 1 not in hits]
        return ids

    return {"merge": merge}


def runs_come_back(model):
    tokenizer = model.train(["aaaa aaaa"], 258)
    for length in range(1, 9):
        assert tokenizer.decode(tokenizer.encode("a" * length)) == "a" * length


def pair_as_template(model):
    r"""The joined pair as the second argument of re.sub, where \n is one character."""
    plain = model.Trainer.symbol

    def symbol(self, pair):
        spelled = "".join(self.spelling.get(s, s) for s in pair)
        joined = bytes(model.BYTES[ord(s)] for s in spelled)
        read = re.sub(re.escape(joined), joined, joined)  # an error for most escapes
        made = plain(self, pair)
        self.spelling[made] = read.translate(model.TO_ID).decode("latin-1")
        return made

    return {"Trainer.symbol": symbol}


def backslashes_are_characters(model):
    for text in (b"\\d", b"\\n"):
        word = text.translate(model.TO_ID).decode("latin-1")
        trainer = model.Trainer({word: 1})
        with contextlib.suppress(re.error):
            trainer.step()
        assert list(trainer.spelling.values()) == [word]


def python_classes(model):
    r"""What Python calls numeric and white space, where the pattern means \p{N} and White_Space."""

    class Kinds(dict):
        def __missing__(self, code):
            character = chr(code)
            if code < 128:
                return character
            if character.isspace():
                return "\t"
            return "0" if character.isnumeric() else "Z" if character.isalpha() else "!"

    find = {name: re.compile(pattern).findall for name, pattern in model.PATTERNS.items()}
    return {"KINDS": Kinds(), "FIND": find}


def classes_are_those_of_unicode(model):
    """A CJK numeral is a letter (Lo); U+001C separates files and is no White_Space."""
    assert model.split("五a½b") == ["五a", "½", "b"]
    assert model.split("a \x1cb") == ["a", " \x1c", "b"]
    assert model.split("x'ſ", "cl100k") == ["x", "'ſ"]


def specials_in_text(model):
    plain = model.Tokenizer.encode

    def encode(self, text, allowed=()):
        if any(special in text for special in self.specials):
            allowed = list(self.specials)
        return plain(self, text, allowed)

    return {"Tokenizer.encode": encode}


def text_cannot_give_orders(model):
    tokenizer = model.Tokenizer.trained([], ["<|endoftext|>"])
    assert 256 not in tokenizer.encode("a <|endoftext|> b")
    assert 256 in tokenizer.encode("a <|endoftext|> b", ["<|endoftext|>"])


def token_by_token(model):
    def decode(self, ids, errors="replace"):
        return "".join(self.bytes[i].decode("utf-8", errors) for i in ids)

    return {"Tokenizer.decode": decode}


def characters_may_span_tokens(model):
    tokenizer = model.Tokenizer.trained([])
    assert tokenizer.decode(tokenizer.encode("Straße 🙂")) == "Straße 🙂"


def quadratic_merge(model):
    def merge(ids, ranks, made):
        while len(ids) > 1:
            found = [ranks.get(pair, float("inf")) for pair in zip(ids, ids[1:])]
            lowest = min(found)
            if lowest == float("inf"):
                break
            i = found.index(lowest)
            ids[i : i + 2] = [made[lowest]]
        return ids

    return {"merge": merge}


def look_ups_are_linear(model):
    assert look_ups(model, 400) <= 6 * 400


def look_ups(model, length: int) -> int:
    """How many pairs are looked up to encode `length` equal characters, which are one piece."""
    tokenizer = model.train(["a" * 64], 262)
    tokenizer.ranks = Counted(tokenizer.ranks)
    tokenizer.encode("a" * length)
    return tokenizer.ranks.times


class Counted(dict):
    """A dictionary that counts how often it is asked."""

    times = 0

    def get(self, key, default=None):
        self.times += 1
        return super().get(key, default)
