"""Byte pair encoding, Sennrich et al. 2016 (arXiv:1508.07909), version 1: Algorithm 1 as printed.

Words are strings of symbols with spaces between them, the counts are taken anew for each merge,
and a segmenter applies the merges to new words. Its mistakes are kept;
papers/bpe/evidence/deviations.py names them.

Symbols: </w> the end of a word (Sec. 3.2; a dot in Fig. 1), <unk> a character never seen.
"""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass

END, UNKNOWN = "</w>", "<unk>"


@dataclass(frozen=True)
class Config:  # defaults: Sec. 4, BPE-60k
    merges: int = 59_500
    share: float = 1.0  # of the training lines that are counted


def dictionary(text):
    """The words between white space, spelled as in Algorithm 1, with their frequencies."""
    return {spell(word): count for word, count in Counter(text.split()).items()}


def spell(word):
    return " ".join([*word, END])


def pair_counts(vocabulary):
    """How often each pair of neighbouring symbols stands in the words (Alg. 1, get_stats)."""
    pairs = defaultdict(int)
    for word, count in vocabulary.items():
        symbols = word.split()
        for pair in zip(symbols, symbols[1:]):
            pairs[pair] += count
    return pairs


def merge_vocabulary(pair, vocabulary):
    """Write the pair as one symbol in every word (Alg. 1, merge_vocab)."""
    # The pair must be two whole symbols: not the end of one and the beginning of another.
    pattern = re.compile(r"(?<!\S)" + re.escape(" ".join(pair)) + r"(?!\S)")
    return {pattern.sub("".join(pair), word): count for word, count in vocabulary.items()}


class Learner:
    """Algorithm 1, one merge after the other."""

    def __init__(self, text):
        self.vocabulary = dictionary(text)
        self.alphabet = sorted({s for word in self.vocabulary for s in word.split()} - {END})
        self.merges = []

    def step(self):
        """Merge the most frequent pair: (pair, how often it was applied); None if none is left."""
        pairs = pair_counts(self.vocabulary)
        if not pairs:
            return None
        best = max(pairs, key=pairs.get)  # of equally frequent pairs the one met first
        before = self.size()
        self.vocabulary = merge_vocabulary(best, self.vocabulary)
        self.merges.append(best)
        return best, before - self.size()

    def size(self):
        """Symbols in the text as it is segmented now."""
        return sum((word.count(" ") + 1) * count for word, count in self.vocabulary.items())


class Segmenter:
    """Text to ids and back. White space comes back as single spaces, unknown characters do not."""

    def __init__(self, alphabet, merges):
        # Sec. 3.2: the initial symbols and one for each merge.
        symbols = [UNKNOWN, END, *alphabet, *map("".join, merges)]
        self.symbols = list(dict.fromkeys(symbols))
        self.ids = {symbol: i for i, symbol in enumerate(self.symbols)}
        self.ranks = {}
        for rank, pair in enumerate(merges):
            self.ranks.setdefault(pair, rank)
        self.known = {}  # words that were segmented before

    def __len__(self):
        return len(self.symbols)

    def segment(self, word):
        """Apply the learned merges in their order (Sec. 3.2, at test time)."""
        symbols = [*word, END]
        while len(symbols) > 1:
            pairs = list(zip(symbols, symbols[1:]))
            best = min(pairs, key=lambda pair: self.ranks.get(pair, len(self.ranks)))
            if best not in self.ranks:
                break
            i = pairs.index(best)
            symbols[i : i + 2] = ["".join(best)]
        return symbols

    def encode(self, text):
        ids = []
        for word in text.split():
            if word not in self.known:
                unknown = self.ids[UNKNOWN]
                self.known[word] = [self.ids.get(s, unknown) for s in self.segment(word)]
            ids += self.known[word]
        return ids

    def decode(self, ids):
        text = "".join(self.symbols[i] for i in ids)
        return text.replace(END, " ").removesuffix(" ")
