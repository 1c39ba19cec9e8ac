"""Byte pair encoding, Sennrich et al. 2016, over bytes as in GPT-2 (2019); version 2.

Words:   a piece is what `split` cuts a text into; a token is a byte string with a number, its id;
         the rank of a merge is its place in the order of learning.
Symbols: while merges are learned a token is the character chr(id) and a piece a string of them,
         so that `str.replace` merges a pair everywhere, from the left, without overlaps.
"""

import json
import re
import unicodedata
from collections import Counter, defaultdict, namedtuple
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush, heapreplace
from itertools import chain
from operator import add
from typing import Literal

FORMAT = "bpe-1"
CACHED, LONGEST_CACHED = 100_000, 100  # pieces, and characters of a piece
Pair = tuple[int, int]


@dataclass(frozen=True)
class Config:  # defaults: GPT-2, Sec. 2.2
    merges: int = 50_000
    pattern: Literal["gpt2", "cl100k"] = "gpt2"
    share: float = 1.0  # of the training lines that are counted


# GPT-2 numbers the bytes that print first, then the others, and shows these as U+0100 onwards.
PRINTED = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), 256)]
BYTES = [*PRINTED, *(b for b in range(256) if b not in PRINTED)]  # id -> byte
SHOWN = [chr(b) for b in PRINTED] + [chr(256 + i) for i in range(256 - len(PRINTED))]  # id -> sign
TO_ID = bytes(BYTES.index(b) for b in range(256))  # byte -> id


# -- pieces: merges never cross them (Sec. 3.2) ---------------------------------------------------

PATTERNS = {  # for ASCII; `split` shows each other character as one of its kind
    "gpt2": r"'(?:[sdmt]|ll|ve|re)| ?[A-Za-z]+| ?[0-9]+| ?[^\sA-Za-z0-9]+|\s+(?!\S)|\s+",
    "cl100k": r"'(?i:[sdmt]|ll|ve|re)|[^\r\nA-Za-z0-9]?+[A-Za-z]++|[0-9]{1,3}+"
    r"| ?[^\sA-Za-z0-9]++[\r\n]*+|\s++\Z|\s*[\r\n]|\s+(?!\S)|\s",
}
FIND = {name: re.compile(pattern, re.ASCII).findall for name, pattern in PATTERNS.items()}
# White_Space beyond ASCII. Python's isspace() and \s have U+001C to U+001F as well.
WHITE = {*"\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000", *map(chr, range(0x2000, 0x200B))}


def kind(character: str) -> str:
    r"""The ASCII stand-in of another character: white space, \p{L}, \p{N} or none of these."""
    if character in WHITE:
        return "\t"
    return {"L": "Z", "N": "0"}.get(unicodedata.category(character)[0], "!")


class Kinds(dict):
    """Code point -> stand-in, for str.translate; filled as characters occur."""

    def __missing__(self, code: int) -> str:
        self[code] = found = chr(code) if code < 128 else kind(chr(code))
        return found


KINDS = Kinds({ord("ſ"): "S"})  # the only character whose other case a contraction has


def split(text: str, pattern: str = "gpt2") -> list[str]:
    """Cut a text into pieces; joined they are the text."""
    if pattern not in FIND:
        raise ValueError(f"no pattern {pattern!r}; known: {', '.join(FIND)}")
    if text.isascii():
        return FIND[pattern](text)
    pieces, end = [], 0
    for shadow in FIND[pattern](text.translate(KINDS)):
        start, end = end, end + len(shadow)
        pieces.append(text[start:end])
    return pieces


def count(texts: Iterable[str], pattern: str = "gpt2") -> dict[str, int]:
    """The pieces of the texts as strings of byte symbols, with their frequencies."""
    pieces = Counter(chain.from_iterable(split(text, pattern) for text in texts))
    ids = {p: p.encode("utf-8", "surrogatepass").translate(TO_ID) for p in pieces}
    return {ids[p].decode("latin-1"): n for p, n in pieces.items()}


# -- learning (Algorithm 1), with counts kept up to date ------------------------------------------

# A learned merge: ids of the pair and of what it makes, and how often it was applied.
Merge = namedtuple("Merge", "left right made times")


class Trainer:
    """Learns one merge at a time from words, strings of symbols with their frequencies.

    New symbols are numbered from `first`; a pair that spells an older one makes that one again.
    """

    def __init__(self, words: Mapping[str, int], first: int = 256):
        self.words, self.counts = list(words), list(words.values())
        self.next = first
        self.spelling, self.made = {}, {}  # learned symbol -> base symbols, and back
        self.pairs: dict[str, int] = defaultdict(int)
        self.where: dict[str, set[int]] = defaultdict(set)
        for i, word in enumerate(self.words):
            for pair in map(add, word, word[1:]):
                self.pairs[pair] += self.counts[i]
                self.where[pair].add(i)
        self.heap = [self.entry(pair) for pair in self.pairs]
        heapify(self.heap)

    def entry(self, pair: str) -> tuple:
        """Most frequent first; of equally frequent pairs the one with the smallest ids."""
        return -self.pairs[pair], pair

    def best(self) -> str | None:
        """The pair to merge now. Counts in the heap may be too high, never too low."""
        while self.heap and (fresh := self.entry(self.heap[0][-1])) != self.heap[0]:
            heapreplace(self.heap, fresh)
        return self.heap[0][-1] if self.heap and self.heap[0][0] else None

    def step(self) -> Merge | None:
        """Learn the next merge; None if no pair is left."""
        if not (pair := self.best()):
            return None
        symbol, times, changed = self.symbol(pair), 0, {}  # no set: its order varies
        for i in self.where.pop(pair):
            word, count = self.words[i], self.counts[i]
            self.words[i] = joined = word.replace(pair, symbol)
            times += (len(word) - len(joined)) * count
            for old in map(add, word, word[1:]):
                self.pairs[old] -= count
            for new in map(add, joined, joined[1:]):
                self.pairs[new] += count
                if symbol in new:
                    self.where[new].add(i)
                    changed[new] = True
        for new in changed:
            heappush(self.heap, self.entry(new))
        return Merge(ord(pair[0]), ord(pair[1]), ord(symbol), times)

    def symbol(self, pair: str) -> str:
        """The symbol that stands for a merged pair."""
        spelled = "".join(self.spelling.get(s, s) for s in pair)
        if spelled not in self.made:
            self.made[spelled] = symbol = chr(self.next)
            self.spelling[symbol] = spelled
            self.next += 1
        return self.made[spelled]


def train(texts: Iterable[str], size: int, specials=(), pattern: str = "gpt2") -> "Tokenizer":
    """Learn a tokenizer of `size` tokens, of which `specials` are the last."""
    trainer, merges = Trainer(count(texts, pattern)), []
    while trainer.next < size - len(specials) and (merge := trainer.step()):
        merges.append(merge[:2])
    return Tokenizer.trained(merges, specials, pattern)


# -- applying merges ------------------------------------------------------------------------------


def merge(ids: list[int], ranks: Mapping[Pair, int], made: Sequence[int]) -> list[int]:
    """Apply the merge of lowest rank, the leftmost first, until none applies. Changes `ids`.

    `ranks`: pair of ids -> rank; `made`: rank -> id. Places wait by rank, so the number of
    look-ups is at most six for each id, however long and monotonous the piece.
    """
    after, before = list(range(1, len(ids) + 1)), list(range(-1, len(ids)))
    places: dict[int, list[int]] = defaultdict(list)
    for i, rank in enumerate(map(ranks.get, zip(ids, ids[1:]))):
        if rank is not None:
            places[rank].append(i)
    waiting = list(places)
    heapify(waiting)
    while waiting:
        rank = heappop(waiting)
        found = sorted(places.pop(rank))
        for done, i in enumerate(found):
            if waiting and waiting[0] < rank:  # a merge has made a pair of lower rank
                places[rank] += found[done:]
                heappush(waiting, rank)
                break
            j = after[i]
            if j == len(ids) or ranks.get((ids[i], ids[j])) != rank:
                continue  # another merge took one of the two
            ids[i], ids[j] = made[rank], -1
            after[i] = j = after[j]
            before[j] = i
            for left, right in ((before[i], i), (i, j)):
                if left < 0 or right == len(ids):
                    continue
                if (new := ranks.get((ids[left], ids[right]))) is not None:
                    if new not in places:
                        heappush(waiting, new)
                    places[new].append(left)
    return [i for i in ids if i >= 0]


class Tokenizer:
    """Text or bytes to ids and back, without loss.

    `tokens` maps ids to bytes. `merges` are pairs of ids in the order of learning; None means that
    any two tokens merge whose bytes together are a token, the one of lowest id first (tiktoken).
    """

    def __init__(self, tokens, merges, specials: Mapping[str, int], pattern: str = "gpt2"):
        self.tokens, self.merges = list(tokens), merges
        self.specials, self.pattern = dict(specials), pattern
        numbers = {token: i for i, token in enumerate(self.tokens)}
        self.to_id = bytes(numbers[bytes([b])] for b in range(256))
        self.ranks, self.made = self._ranks(numbers)
        self.bytes = dict(enumerate(self.tokens)) | {i: s.encode() for s, i in specials.items()}
        self.cache = Cache()
        self.cache.encode = self._piece

    def _ranks(self, numbers: dict[bytes, int]) -> tuple[dict[Pair, int], Sequence[int]]:
        """Pair of ids -> rank, and rank -> id."""
        ranks: dict[Pair, int] = {}
        if self.merges is not None:
            for rank, pair in enumerate(self.merges):
                ranks.setdefault(pair, rank)
            return ranks, [numbers[self.tokens[a] + self.tokens[b]] for a, b in self.merges]
        for token, i in numbers.items():
            for cut in range(1, len(token)):
                if token[:cut] in numbers and token[cut:] in numbers:
                    ranks[numbers[token[:cut]], numbers[token[cut:]]] = i
        return ranks, range(len(numbers))

    @classmethod
    def trained(cls, merges, specials: Sequence[str] = (), pattern: str = "gpt2") -> "Tokenizer":
        """Of merges alone: ids are the bytes in GPT-2's order, the new tokens, the specials."""
        tokens = [bytes([b]) for b in BYTES]
        known = set(tokens)
        for left, right in merges:
            if (joined := tokens[left] + tokens[right]) not in known:
                known.add(joined)
                tokens.append(joined)
        return cls(tokens, merges, {s: len(tokens) + i for i, s in enumerate(specials)}, pattern)

    def __len__(self) -> int:
        """Ids are below this; not all need be in use."""
        return max(self.bytes) + 1

    def _piece(self, piece: str, errors: str = "surrogatepass") -> list[int]:
        ids = piece.encode("utf-8", errors).translate(self.to_id)
        return merge(list(ids), self.ranks, self.made)

    def encode(self, text: str, allowed: Collection[str] = ()) -> list[int]:
        """Ids of the text. A special token's text counts as such only if it is in `allowed`."""
        if not allowed:
            pieces = split(text, self.pattern)
            return list(chain.from_iterable(map(self.cache.__getitem__, pieces)))
        longest_first = sorted(allowed, key=len, reverse=True)
        parts = re.split("(" + "|".join(map(re.escape, longest_first)) + ")", text)
        found = ([self.specials[p]] if i % 2 else self.encode(p) for i, p in enumerate(parts))
        return list(chain.from_iterable(found))

    def encode_bytes(self, data: bytes) -> list[int]:
        """Ids of any bytes, UTF-8 or not."""
        pieces = split(data.decode("utf-8", "surrogateescape"), self.pattern)
        return [i for piece in pieces for i in self._piece(piece, "surrogateescape")]

    def decode_bytes(self, ids: Iterable[int]) -> bytes:
        """The bytes of the ids. KeyError for an id that is not in the vocabulary."""
        return b"".join(map(self.bytes.__getitem__, ids))

    def decode(self, ids: Iterable[int], errors: str = "replace") -> str:
        """The text of the ids. Joined before it is decoded: a character may span tokens."""
        return self.decode_bytes(ids).decode("utf-8", errors)

    def to_json(self) -> str:
        tokens = [token.decode("latin-1") for token in self.tokens]
        parts = {"pattern": self.pattern, "merges": self.merges, "specials": self.specials}
        return json.dumps({FORMAT: {**parts, "tokens": tokens}})

    @classmethod
    def from_json(cls, text: str) -> "Tokenizer":
        """What `to_json` wrote. ValueError if it is anything else."""
        try:
            found = json.loads(text)[FORMAT]
            merges = found["merges"] and [(a, b) for a, b in found["merges"]]
            tokens = [token.encode("latin-1") for token in found["tokens"]]
            split("", found["pattern"])  # knows it, or refuses
            return cls(tokens, merges, found["specials"], found["pattern"])
        except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
            raise ValueError(f"this is no tokenizer: {error!r}") from None


class Cache(dict):
    """Piece -> ids, computed once."""

    def __missing__(self, piece: str) -> list[int]:
        ids = self.encode(piece)
        if len(self) < CACHED and len(piece) < LONGEST_CACHED:
            self[piece] = ids
        return ids
