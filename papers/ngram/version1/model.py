"""Kneser-Ney smoothing, Chen and Goodman 1998 (TR-10-98), version 1: as one writes it first.

Dictionaries of n-grams and one recursive formula, p(w | h) = (c - D) / n + g p(w | h'), with one
discount D. Its mistakes are kept; papers/ngram/evidence/deviations.py names them.

Shapes: N words of a text, its <s> and </s> included, V words of the vocabulary.
"""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass

import numpy as np

START = 0  # <s>


@dataclass(frozen=True)
class Config:  # defaults: Sec. 5, trigrams
    order: int = 3
    discount: float = 0.75
    share: float = 1.0  # of the training lines that are counted
    steps: int = 20  # parts in which they are read; each is predicted before it is counted


class Model:
    """Counts of n-grams by their context, and what follows from them."""

    def __init__(self, order, discount, symbols):
        self.order, self.discount, self.symbols = order, discount, symbols
        self.counts = defaultdict(Counter)  # context -> word -> how often
        self.totals = Counter()  # context -> how many words follow it

    def count(self, text):
        """Count the n-grams of every length in the sentences of `text`."""
        for sentence in sentences(text):
            padded = [START] * (self.order - 2) + sentence
            for i, word in enumerate(padded):
                for length in range(min(i, self.order - 1) + 1):
                    context = tuple(padded[i - length : i])
                    self.counts[context][word] += 1
                    self.totals[context] += 1

    def probability(self, context, word):
        """P(word | context), a tuple of up to order - 1 words."""
        if not context:
            return 1 / self.symbols
        followers = self.counts.get(context)
        if not followers:
            return self.probability(context[1:], word)
        taken = self.discount * len(followers)
        total = self.totals[context]
        own = max(followers[word] - self.discount, 0) / (total - taken)
        return own + taken / total * self.probability(context[1:], word)

    def log2(self, text):
        """log2 P of each word after those before it in its sentence, (N,)."""
        found = []
        for sentence in sentences(text):
            padded = [START] * (self.order - 2) + sentence
            found.append(-math.inf)
            for i in range(max(self.order - 1, 1), len(padded)):
                context = tuple(padded[i - self.order + 1 : i])
                found.append(math.log2(self.probability(context, padded[i])))
        return np.array(found)

    def distribution(self, context):
        """P of every word, (V,), after a sentence that began with `context`, START among it."""
        padded = [START] * (self.order - 2) + [int(word) for word in context]
        last = tuple(padded[len(padded) - self.order + 1 :])
        return np.array([self.probability(last, word) for word in range(self.symbols)])

    def __len__(self):
        """How many n-grams there are."""
        return int(self.lengths().sum())

    def lengths(self):
        """How many there are of each length."""
        found = np.zeros(self.order)
        for context, followers in self.counts.items():
            found[len(context)] += len(followers)
        return found


def sentences(text):
    """Lists of words, each beginning with START."""
    found = []
    for word in text.tolist():
        if word == START:
            found.append([])
        found[-1].append(word)
    return found
