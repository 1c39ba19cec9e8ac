"""The exam of the room: text as in papers/gpt2, and tasks that are learned within a window.

A task is a function, drawn for one window, of which the window shows examples: a key, its value, a
key, its value, ... What stands after the next key is the answer, and the number of examples before
it is the number of shots. Two kinds:

    recall  a value for each of four letters, at random: what was shown can be found again
    linear  y = a x modulo 5, for one a of four: one example tells the rest

A part of each training batch is such windows, drawn anew in each step. Their symbols stand beside
the characters of the text, so any text will do.

In training recall's values are drawn as 1 / rank, Γ the most often; in the test all are equally
likely. So a net that is unsure prefers Γ, and Sec. 2.4 of the paper says what to do about it: to
divide by what the net says without a question.

Shapes: B windows, T positions, E examples in a window, A answers.
"""

from __future__ import annotations

import numpy as np
import torch

from common.data.text import Characters
from common.exams.reading import Windows
from common.exams.text import TextExam

LETTERS, VALUES, NUMBERS = "αβγδ", "ΓΔΘΛΞΠ", "1234"
MODULUS = len(NUMBERS) + 1  # a prime
SHOTS = (0, 1, 2, 4, 7)  # at which answers are counted
SKEWED = 1 / np.arange(1, len(VALUES) + 1)
TESTED, QUICK = 1_000, 40  # windows of each kind
TEST = 2**40  # a seed that no training has


def recall(rng, count, examples, weights=SKEWED):
    """Keys and values (B, E), as numbers of LETTERS and VALUES."""
    table = rng.choice(len(VALUES), (count, len(LETTERS)), p=weights / weights.sum())
    keys = rng.integers(len(LETTERS), size=(count, examples))
    return keys, np.take_along_axis(table, keys, 1)


def linear(rng, count, examples):
    """x and y = a x modulo 5 (B, E), as numbers of NUMBERS: neither of them is 0."""
    a = rng.integers(1, MODULUS, size=(count, 1))
    x = rng.integers(1, MODULUS, size=(count, examples))
    return x - 1, a * x % MODULUS - 1


class Exam(TextExam):
    """Windows of the version's own context; tokens are characters, those of the tasks beside."""

    def __init__(self, data: str, config, quick: bool = False):
        self.config = config
        super().__init__(
            data,
            Windows(config.context),
            lambda _, known: Characters(known.symbols + LETTERS + VALUES + NUMBERS),
            piece=config.context + 1,
            curve=2_048,
            quick=quick,
        )
        self.tested = QUICK if quick else TESTED
        self.symbols_of = {  # kind of task -> the tokens of keys, and of values
            "recall": (self.encode(LETTERS), self.encode(VALUES)),
            "linear": (self.encode(NUMBERS), self.encode(NUMBERS)),
        }

    def rows(self, kind, rng, count, examples, **changes):
        """Windows of one kind, tokens (B, 2 E)."""
        drawn = (recall if kind == "recall" else linear)(rng, count, examples, **changes)
        pairs = [tokens[part] for tokens, part in zip(self.symbols_of[kind], drawn, strict=True)]
        return np.stack(pairs, 2).reshape(count, 2 * examples)

    def tasks(self, seed, i, device=None):
        """The i-th windows to learn from, two in five of recall: a tensor (B, T + 1)."""
        rng, length = np.random.default_rng([seed, i]), self.config.context + 1
        count = self.config.tasks
        kinds = {"recall": count * 2 // 5, "linear": count - count * 2 // 5}
        rows = [self.rows(kind, rng, n, (length + 1) // 2) for kind, n in kinds.items()]
        return torch.as_tensor(np.concatenate(rows)[:, :length], device=device)

    def finish(self, predict, seed, score, parameters):
        """`score(log_p, lengths, unconditional)` judges answers; `parameters` is how many the net
        has."""
        metrics, samples = super().finish(predict, seed)
        for kind in ("recall", "linear"):
            metrics |= self.few_shot(predict, kind, score)
        return {**metrics, "parameters": float(parameters)}, samples

    def few_shot(self, predict, kind, score):
        """The share of right answers after so many examples: by the likeliest answer, and (with
        `_scored`) by the version's own score."""
        rng, most = np.random.default_rng([TEST, len(kind)]), min(max(SHOTS) + 1, self.examples)
        even = {"weights": np.ones(len(VALUES))} if kind == "recall" else {}
        rows = self.rows(kind, rng, self.tested, most, **even)
        log_p = np.concatenate([predict(part, None)[0] for part in np.array_split(rows, 8)])
        answers = self.symbols_of[kind][1]
        log_p = log_p[:, ::2][:, :, answers]  # (B, E, A): of each answer after each key
        right = rows[:, 1::2, None] == answers  # (B, E, A)
        judged = score(log_p, 1, log_p[:, :1])
        found = {}
        for shots in SHOTS:
            if shots < most:
                for name, by in (("", log_p), ("_scored", judged)):
                    best = by[:, shots].argmax(-1)
                    hit = right[np.arange(len(rows)), shots, best]
                    found[f"{kind}_{shots}{name}"] = hit.mean()
        return found

    @property
    def examples(self):
        """How many fit into a window."""
        return self.config.context // 2
