"""For rooms whose exam is common/exams/digits.py: small parts of that shape, in its place."""

import numpy as np

from common.data.images import Images
from common.exams import digits

DIGITS = {"train": 1_157, "validation": 258, "test": 297}  # the forms, as the exam says
BETWEEN = 85  # pictures of a form that is neither trained on nor tested


def digits_part(name, seed):
    """Ten patterns in noise: (images, labels)."""
    rng = np.random.default_rng([seed, DIGITS[name]])
    patterns = np.random.default_rng(0).integers(120, size=(10, 8, 8))
    labels = rng.integers(10, size=DIGITS[name])
    return (patterns[labels] + rng.integers(120, size=(len(labels), 8, 8))).astype(np.uint8), labels


def place_digits(parts, folder, monkeypatch):
    """In the place of the digits: training, validation, what is left out, and the test."""
    (train, labels), (validation, more), (test, wanted) = (parts[name] for name in DIGITS)
    images = np.concatenate([train, validation, np.full((BETWEEN, 8, 8), 7, dtype=np.uint8)])
    labels = np.concatenate([labels, more, np.zeros(BETWEEN, dtype=np.int64)])
    names = tuple("0123456789")
    made = Images("digits", "0" * 64, None, names, images, labels, test, wanted)
    monkeypatch.setattr(digits, "load_images", lambda name, report: made)
    return "digits"
