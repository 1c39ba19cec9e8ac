"""The exam: distributions sum to one, nothing is gained by losing, the training loss is literal."""

import math
import random
from collections import Counter

import pytest

from common.errors import UserError
from papers.bpe import task
from papers.bpe.version1 import model as model1
from papers.bpe.version2 import model as model2

LINES = ["to be or not to be", "that is the question", "", "to die, to sleep"]


class Letters:
    """A tokenizer of characters that forgets what is not in its alphabet."""

    def __init__(self, alphabet):
        self.alphabet = alphabet

    def __len__(self):
        return len(self.alphabet)

    def encode(self, line):
        return [self.alphabet.index(c) for c in line if c in self.alphabet]

    def decode(self, ids):
        return "".join(self.alphabet[i] for i in ids)


ALL, VOWELS = Letters("abcdefghijklmnopqrstuvwxyz, "), Letters("aeiou ")


@pytest.mark.parametrize("before", [task.END, 0, 19, 25])
def test_probabilities_sum_to_one(before):
    bigrams = task.Bigrams(map(ALL.encode, LINES), len(ALL))
    total = sum(bigrams.probability(before, i) for i in range(task.END, len(ALL)))
    assert total == pytest.approx(1)


def test_bits_are_those_of_the_probabilities():
    bigrams = task.Bigrams(map(ALL.encode, LINES), len(ALL))
    p = bigrams.probability
    assert bigrams.bits([0, 3]) == pytest.approx(-math.log2(p(-1, 0) * p(0, 3) * p(3, -1)))


def test_what_was_counted_is_cheap():
    bigrams = task.Bigrams(map(ALL.encode, LINES), len(ALL))
    assert bigrams.bits(ALL.encode("to be")) < bigrams.bits(ALL.encode("eb ot"))


def test_a_lossy_tokenizer_gains_nothing():
    bigrams = task.Bigrams(map(VOWELS.encode, LINES), len(VOWELS))
    lossy = task.bits_per_byte(VOWELS, bigrams, ["to be"])
    assert lossy == pytest.approx(8 - math.log2(task.RAW) / 6)
    kept = task.bits_per_byte(VOWELS, bigrams, ["o e"])
    assert kept == pytest.approx((bigrams.bits(VOWELS.encode("o e")) - math.log2(0.99)) / 4)


def literal_loss(sequences, size):
    counts = Counter()
    for sequence, n in sequences:
        for symbol in sequence:
            counts[symbol] += n
    total = counts.total()
    return -sum(c * math.log(c / total) for c in counts.values()) / size


def test_training_loss_of_version2_is_literal():
    text = "aaaa abab the theatre, the end"
    words = model2.count([text])
    trainer, loss = model2.Trainer(words), task.TrainingLoss(words, text)
    assert loss.value() == pytest.approx(literal_loss(words.items(), len(text)))
    for _ in range(12):
        merge = trainer.step()
        value = loss.after(*map(chr, merge[:3]), merge.times)
        now = zip(trainer.words, trainer.counts)
        assert value == pytest.approx(literal_loss(now, len(text)))


def test_training_loss_of_version1_is_literal():
    text = "aaaa abab the theatre, the end"
    learner = model1.Learner(text)
    words = {tuple(word.split()): n for word, n in learner.vocabulary.items()}
    loss = task.TrainingLoss(words, text)
    for _ in range(8):
        (left, right), times = learner.step()
        value = loss.after(left, right, left + right, times)
        now = [(word.split(), n) for word, n in learner.vocabulary.items()]
        assert value == pytest.approx(literal_loss(now, len(text)))


def test_the_seed_draws_the_lines_that_are_counted():
    exam = object.__new__(task.Exam)
    exam.train = [f"line {i}" for i in range(1000)]
    drawn = [exam.counted(seed, 0.25).split("\n") for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) == 250 and len(set(drawn[0])) == 250
    assert random.Random(0).sample(range(1000), 250) != sorted(range(250))
    assert exam.counted(0, 1.0).split("\n") == exam.train


@pytest.mark.parametrize("share", [0.0, 1e-9, 1.01, 2.0])
def test_a_share_that_is_no_part_of_the_lines_is_refused(share):
    with pytest.raises(UserError, match=rf"share must be .* not {share:g}"):
        task.Exam("tinyshakespeare").counted(0, share)
