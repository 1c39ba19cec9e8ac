"""The exam over running text: every token is scored once, by one of two context rules."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from common.errors import UserError
from common.exams import text
from common.exams.reading import Streams, Windows, fresh_windows
from common.exams.text import TextExam, predictor
from common.exams.words import real_words, word_bits
from papers.bpe.version2 import model as bpe

RULES = [Streams(64, 100), Windows(20)]


def remembering(length, symbols=7):
    """A predictor that guesses the symbol seen `length` tokens ago, nine times in ten."""

    def predict(tokens, state):
        seen = np.full((len(tokens), length), -1) if state is None else state
        joined = np.concatenate([seen, tokens], axis=1)
        guess = joined[:, 1 : tokens.shape[1] + 1]
        p = np.full((*tokens.shape, symbols), 0.1 / (symbols - 1))
        known = guess >= 0
        np.put_along_axis(p, np.maximum(guess, 0)[..., None], 0.9, axis=2)
        p[~known] = 1 / symbols
        return np.log(p), joined[:, -length:]

    return predict


def guessing(symbols):
    """A predictor that knows nothing."""

    def predict(tokens, state):
        return np.full((*tokens.shape, symbols), -math.log(symbols)), state

    return predict


def counting(tokens, state):
    """A predictor whose certainty says how many tokens it has before it."""
    places = np.broadcast_to(np.arange(1, tokens.shape[1] + 1), tokens.shape)
    return np.repeat((-places * math.log(2.0))[..., None], 7, axis=2), state


# -- streams and windows ---------------------------------------------------------------------


def literal_bits(predict, tokens, rule):
    """Token by token, from the rule of streams as it is written."""
    _, length = rule.shape(len(tokens))
    found = []
    for target in range(1, len(tokens)):
        start = (target - 1) // length * length  # of the target's stream
        read = tokens[max(0, start - rule.context) : target]
        log_p, _ = predict(read[None], None)
        found.append(-log_p[0, -1, tokens[target]] / math.log(2))
    return np.array(found)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(size=st.integers(2, 700), most=st.integers(1, 9), context=st.integers(3, 70))
def test_in_streams_every_token_is_scored_once_by_the_rule(size, most, context):
    tokens, rule = np.random.default_rng(size).integers(7, size=size), Streams(most, context)
    expected = literal_bits(remembering(3), tokens, rule)
    assert rule.bits(remembering(3), tokens) == pytest.approx(expected)


def test_streams_have_context():
    """A predictor that needs 50 tokens of context has them in every stream but the first."""
    tokens = np.tile(np.random.default_rng(0).integers(7, size=50), 40)
    scores = Streams(64, 100).bits(remembering(50), tokens)
    assert scores[50:].max() == pytest.approx(-math.log2(0.9))


def literal_contexts(size, context):
    """How many tokens stand before each target in its window, from the rule as it is written."""
    step, found = max(1, context // 2), []
    for target in range(1, size):
        start = 0
        while target - start > context:
            start += step
        found.append(target - start)
    return found


@settings(max_examples=60, deadline=None, derandomize=True)
@given(size=st.integers(2, 90), context=st.integers(1, 17))
def test_in_windows_every_token_is_scored_once_with_half_a_window_before_it(size, context):
    scores = Windows(context).bits(counting, np.arange(size) % 7)
    assert scores.tolist() == pytest.approx(literal_contexts(size, context))
    assert (scores[context:] >= context / 2).all() and (scores <= context).all()


def test_windows_from_nothing_are_whole_and_do_not_overlap():
    scores = Windows(8).fresh_bits(counting, np.arange(25) % 7)
    assert scores.tolist() == [list(range(1, 9))] * 3
    assert Windows(8).fresh_bits(counting, np.arange(8) % 7).shape == (0, 8)


@pytest.mark.parametrize("rule", RULES)
def test_guessing_costs_log2_of_the_vocabulary(rule):
    assert rule.bits(guessing(8), np.arange(500) % 8) == pytest.approx(np.full(499, 3.0))


# -- the exam --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def verse(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "verse.txt"
    path.write_text("the quick brown fox jumps over the lazy dog and runs away.\n" * 400)
    return str(path)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("merges", [None, 40])
def test_bits_are_per_character_whatever_the_tokens(verse, rule, merges):
    """A predictor that guesses among V tokens spends log2 V for each token, not for a character."""
    exam = TextExam(
        verse, rule, merges and (lambda train, characters: bpe.train([train], 256 + merges))
    )
    part, ids = exam.parts.test, exam.encode(exam.parts.test)
    first = len(exam.vocabulary.decode(ids[:1]))
    expected = math.log2(exam.symbols) * (len(ids) - 1) / (len(part) - first)
    predict = guessing(exam.symbols)
    assert exam.score(predict, part) == pytest.approx(expected)
    metrics, (sample,) = exam.finish(predict, seed=0)
    assert metrics["bits_per_character"] == pytest.approx(expected)
    assert list(metrics) == ["bits_per_character", "validation_bits"]
    assert len(sample) == text.SAMPLE_CHARACTERS
    assert exam.sample(predict, 0) == sample != exam.sample(predict, 1)


def noting(symbols, seen):
    def predict(tokens, state):
        seen.append(tokens.size)
        return guessing(symbols)(tokens, state)

    return predict


@pytest.mark.parametrize("rule", RULES)
def test_a_quick_exam_reads_the_first_part_and_else_the_whole(verse, rule, monkeypatch):
    for name, value in (("QUICK", 300), ("QUICK_CURVE", 100)):
        monkeypatch.setattr(text, name, value)
    found, exams = {}, []
    for quick in (False, True):
        exam, scored = TextExam(verse, rule, curve=200, quick=quick), []
        exams.append(exam)
        monkeypatch.setattr(exam, "sample", lambda *_: "")
        monkeypatch.setattr(exam, "score", lambda predict, part, s=scored: s.append(part) or 0.0)
        real = exam._per_character
        monkeypatch.setattr(
            exam,
            "_per_character",
            lambda b, t, part, s=scored, f=real: s.append(part) or f(b, t, part),
        )
        exam.finish(guessing(exam.symbols), 0)
        exam.validate(guessing(exam.symbols))
        found[quick] = scored, exam.parts
    assert [exam.sampled for exam in exams] == [text.SAMPLE_CHARACTERS, text.QUICK_SAMPLE]
    for quick, (most, curve) in {False: (None, 200), True: (300, 100)}.items():
        scored, parts = found[quick]
        assert len(parts.test) > 300
        assert scored == [parts.test[:most], parts.validation[:most], parts.validation[:curve]]


def test_a_text_with_less_than_a_step_is_refused(verse):
    with pytest.raises(UserError, match=r"verse.txt has \d+ tokens .* a step reads 30000: lower"):
        TextExam(verse, RULES[0], piece=30_000)


def test_a_text_without_line_ends_begins_with_its_first_character(tmp_path):
    path = tmp_path / "own.txt"
    path.write_text("abcd" * 500)
    exam = TextExam(str(path), RULES[0])
    assert exam.start == "a" and len(exam.sample(guessing(4), 0)) == text.SAMPLE_CHARACTERS


def test_real_words_counts_only_known_words():
    assert real_words("To be, or not.", "to be, zzyx or be") == 0.75
    assert real_words("To be", "") == 0


def test_words_and_fresh_windows_are_measured_where_a_room_asks_for_them(verse):
    exam = TextExam(verse, Windows(20), measures=[word_bits, fresh_windows])
    metrics, _ = exam.finish(guessing(exam.symbols), seed=0)
    bits = pytest.approx(math.log2(exam.symbols))
    assert metrics.pop("real_words") == 0  # a guesser hits none of nine words
    assert list(metrics)[2:4] == ["word_start_bits", "word_inside_bits"] and len(metrics) == 7
    assert all(value == bits for value in metrics.values())


class Dropping(torch.nn.Module):
    """A net whose scores are dropped in training."""

    def __init__(self):
        super().__init__()
        self.scores = torch.nn.Embedding(5, 5)

    def forward(self, tokens, state):
        return torch.nn.functional.dropout(self.scores(tokens), 0.5, self.training), state


def test_a_torch_net_predicts_without_dropout_and_learns_on_with_it():
    net, tokens = Dropping(), np.array([[1, 2, 3]])
    predict = predictor(net)
    (first, state), (second, _) = (predict(tokens, "kept") for _ in range(2))
    assert (first == second).all() and net.training and state == "kept"
    assert np.exp(first).sum(-1) == pytest.approx(np.ones((1, 3)), abs=1e-6)
    other = predictor(net, lambda tokens, state: (2 * net(tokens, None)[0], state))
    assert not np.allclose(other(tokens, None)[0], first)
