"""The exam of the room: how short a held-out text becomes, as a number of bits that can be trusted.

Tokens cannot be compared between tokenizers, bytes can. So a plain bigram model over a version's
tokens is counted on the training split, and the exam is how many bits it spends on each byte of
the test split. The unit is the line. A line that does not come back exactly from `decode` is
written out byte by byte, at 8 bits each: losing something is not a way to be short.

A version hands over a tokenizer with `encode(line) -> ids`, `decode(ids) -> line` and a length.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from common.data.text import load_text, split
from common.errors import UserError

DISCOUNT = 0.75  # Kneser and Ney's usual value for absolute discounting
RAW = 0.01  # the probability that the bigram model gives to a line that is written out
END = -1  # of a line, between the ids
CURVE_TRAIN, CURVE_TEST = 2_000, 400  # lines for the points of the curve
SAMPLE_LINES = 8


class Exam:
    """Splits by lines, and the scoring of tokenizers."""

    def __init__(self, data: str):
        parts = split(load_text(data, report=lambda line: None))
        self.train, self.validation, self.test = (part.split("\n") for part in parts)

    def counted(self, seed: int, share: float) -> str:
        """The lines that a seed counts: a `share` of the training split, drawn at random.

        UserError for a share that is more than all lines, or none.
        """
        if share > 1 or not (lines := round(share * len(self.train))):
            raise UserError(f"share must be a line at least, and at most 1 (all), not {share:g}.")
        rng = random.Random(seed)
        chosen = rng.sample(range(len(self.train)), lines)
        return "\n".join(self.train[i] for i in sorted(chosen))

    def validate(self, tokenizer) -> float:
        """Bits per byte on a part of the validation split, for the curve."""
        bigrams = Bigrams(map(tokenizer.encode, self.train[:CURVE_TRAIN]), len(tokenizer))
        return bits_per_byte(tokenizer, bigrams, self.validation[:CURVE_TEST])

    def finish(self, tokenizer) -> tuple[dict[str, float], list[str]]:
        """The final metrics, and a few held-out lines as they are cut."""
        bigrams = Bigrams(map(tokenizer.encode, self.train), len(tokenizer))
        tests = [tokenizer.encode(line) for line in self.test]
        tokens = Counter(i for ids in tests for i in ids)
        back = [tokenizer.decode(ids) == line for ids, line in zip(tests, self.test)]
        unseen = sum(n for i, n in tokens.items() if i not in bigrams.unigrams)
        metrics = {
            "bits_per_byte": bits_per_byte(tokenizer, bigrams, self.test),
            "validation_bits": bits_per_byte(tokenizer, bigrams, self.validation),
            "bytes_per_token": size(self.test) / tokens.total(),
            "round_trip": sum(back) / len(back),
            "unseen_tokens": unseen / tokens.total(),
            "types": float(len(bigrams.unigrams) - 1),  # without the end of a line
        }
        return metrics, [self.sample(tokenizer)]

    def sample(self, tokenizer) -> str:
        """Held-out lines with a bar between tokens."""
        lines = [line for line in self.test if line.strip()][:SAMPLE_LINES]
        cut = ("|".join(tokenizer.decode([i]) for i in tokenizer.encode(line)) for line in lines)
        return "\n".join(cut)


class Bigrams:
    """P(token | token before), interpolated with absolute discounting down to a uniform one."""

    def __init__(self, lines, symbols: int):
        """Count lines of ids; `symbols` is the size of the vocabulary they are drawn from."""
        stream = [END]
        for ids in lines:
            stream += ids
            stream.append(END)
        self.uniform = 1 / (symbols + 1)
        self.unigrams = Counter(stream[1:])
        self.contexts = Counter(stream[:-1])
        self.pairs = Counter(zip(stream, stream[1:]))
        self.followers = Counter(left for left, _ in self.pairs)
        self.total = self.unigrams.total()

    def probability(self, before: int, token: int) -> float:
        """P(token | before); over the vocabulary and END they sum to 1."""
        rest = DISCOUNT * len(self.unigrams) * self.uniform
        unigram = (max(self.unigrams[token] - DISCOUNT, 0) + rest) / self.total
        if before not in self.contexts:
            return unigram
        rest = DISCOUNT * self.followers[before] * unigram
        return (max(self.pairs[before, token] - DISCOUNT, 0) + rest) / self.contexts[before]

    def bits(self, ids: Sequence[int]) -> float:
        """Bits of a line and of its end."""
        stream = [END, *ids, END]
        return -sum(math.log2(self.probability(*pair)) for pair in zip(stream, stream[1:]))


def size(lines: Sequence[str]) -> int:
    """Bytes of the lines in UTF-8, each with its end."""
    return sum(len(line.encode()) + 1 for line in lines)


def bits_per_byte(tokenizer, bigrams: Bigrams, lines: Sequence[str]) -> float:
    """By the exam's rule: as tokens if the line comes back from them, else byte by byte."""
    total = 0.0
    for line in lines:
        ids = tokenizer.encode(line)
        if tokenizer.decode(ids) == line:
            total += bigrams.bits(ids) - math.log2(1 - RAW)
        else:
            total += 8 * size([line]) - math.log2(RAW)
    return total / size(lines)


class TrainingLoss:
    """What learning lowers: nats per byte of the counted text, each token coded by its frequency.

    N log N - sum of c log c over the counts c of N tokens, kept up to date merge by merge.
    """

    def __init__(self, words: Mapping[Sequence, int], text: str):
        """`words`: sequences of symbols with their frequencies, before any merge."""
        self.counts = Counter()
        for word, count in words.items():
            for symbol in word:
                self.counts[symbol] += count
        self.size, self.total = len(text.encode()), self.counts.total()
        self.sum = math.fsum(map(_c_log_c, self.counts.values()))

    def bytes_per_step(self, merges: int) -> int:
        """What the records call tokens: a run of `merges` steps reads the counted text once."""
        return max(1, self.size // merges)

    def after(self, left, right, made, times: int) -> float:
        """The loss after `times` pairs (left, right) became `made`."""
        for symbol, change in ((left, -times), (right, -times), (made, times)):
            self.sum -= _c_log_c(self.counts[symbol])
            self.counts[symbol] += change
            self.sum += _c_log_c(self.counts[symbol])
        self.total -= times
        return self.value()

    def value(self) -> float:
        return (_c_log_c(self.total) - self.sum) / self.size


def numbers(alphabet: Sequence[str], merges, ids: Mapping[str, int] | None = None):
    """What was learned, as arrays: code points of the initial symbols, ids of the merged pairs."""
    pairs = [[ids[s] if ids else s for s in pair] for pair in merges]
    return {
        "alphabet": np.array([ord(symbol) for symbol in alphabet], dtype=np.int32),
        "merges": np.array(pairs, dtype=np.int32).reshape(-1, 2),
    }


def _c_log_c(count: int) -> float:
    return count * math.log(count) if count else 0.0
