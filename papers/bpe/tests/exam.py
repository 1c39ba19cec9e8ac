"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import math

from tests.exams import place_text, text_part

CHANGES = {version: {"merges": 12, "share": 1.0} for version in ("version1", "version2")}
LONGER = {"merges": 40, "share": 0.5}
OTHER = ("validation_bits", "types")

part, place = text_part, place_text


def scores(version, exam, tokenizer, parts):
    """A bigram model of the training lines, interpolated (Kneser and Ney's discount of 0.75), on
    each line of the test; a line that does not come back costs 8 bits for each byte."""
    before, after = [], []  # of each token of the training lines and of each line's end
    for line in parts["train"].split("\n"):
        ids = tokenizer.encode(line)
        before += ["end", *ids]
        after += [*ids, "end"]
    pairs = list(zip(before, after))
    counted = {word: after.count(word) for word in set(after)}
    contexts = {word: before.count(word) for word in set(before)}
    seen = dict.fromkeys(pairs, 0)
    for pair in pairs:
        seen[pair] += 1
    followers = {word: len({b for a, b in seen if a == word}) for word in contexts}

    def probability(left, right):
        rest = 0.75 * len(counted) / len(after) / (len(tokenizer) + 1)
        p = max(counted.get(right, 0) - 0.75, 0) / len(after) + rest
        if left not in contexts:
            return p
        share = 0.75 * followers[left] / contexts[left]
        return max(seen.get((left, right), 0) - 0.75, 0) / contexts[left] + share * p

    bits, size, tokens, unseen = 0.0, 0, 0, 0
    for line in parts["test"].split("\n"):
        ids, length = tokenizer.encode(line), len((line + "\n").encode())
        size, tokens = size + length, tokens + len(ids)
        unseen += sum(i not in counted for i in ids)
        if tokenizer.decode(ids) == line:
            path = zip(["end", *ids], [*ids, "end"])
            bits -= sum(math.log2(probability(*pair)) for pair in path) + math.log2(0.99)
        else:
            bits += 8 * length - math.log2(0.01)
    assert size == len(parts["test"].encode()) + 1  # the last line gets an end as well
    return {
        "bits_per_byte": bits / size,
        "bytes_per_token": size / tokens,
        "unseen_tokens": unseen / tokens,
    }
