"""This room's side of the tests over all rooms and versions: see tests/exams.py."""

import re

import numpy as np

from tests.exams import place_text, text_part

CHANGES = {
    "version1": {"share": 1.0, "steps": 12, "order": 3},
    "version2": {"share": 1.0, "steps": 12, "order": 3},
}
LONGER = {"steps": 12, "share": 0.5}
OTHER = ("validation_bits", "ngrams")
AUDITED = 8  # of the test's words, in a quick exam

part, place = text_part, place_text


def scores(version, exam, model, parts):
    """Word by word, from whole distributions: -log2 P, and the charge for what sums above 1."""
    known = {}
    for word in sorted(set(words(parts["train"]))):
        known[word] = 3 + len(known)
    bits, sums, unknown = [], [], 0
    for line in parts["test"].split("\n"):
        if not line.strip():
            continue
        context = [0]
        for word in [*(known.get(w, 2) for w in words(line)), 1]:
            p = model.distribution(np.array(context))
            bits.append(-np.log2(p[word]))
            sums.append(p.sum())
            unknown += word == 2
            context.append(word)
    audited = np.array(sums[:: len(sums) // AUDITED])
    uncharged = np.mean(bits)
    return {
        "bits_per_word": uncharged + np.log2(np.maximum(audited, 1)).mean(),
        "uncharged_bits": uncharged,
        "sum_of_p": audited.mean(),
        "unknown_share": unknown / len(bits),
    }


def words(text):
    return re.findall(r"[a-z]+", text)
