"""The exam: pairs, batches and scores."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from common.data.translation import Pairs
from common.errors import UserError
from common.exams import translation as translation
from common.exams.pairs import BEGIN, END, PAD, Batches, made_pairs
from common.exams.search import ALPHA, BEAM
from papers.transformer.task import Exam
from tests.translation import pairs_file


@pytest.fixture(scope="module")
def exam(tmp_path_factory):
    return Exam(pairs_file(tmp_path_factory.mktemp("pairs")))


class Guess:
    """A net that has no preference."""

    def __init__(self, symbols):
        self.symbols = symbols

    def scores(self, source, inputs):
        return np.zeros((*inputs.shape, self.symbols))


def test_guessing_costs_the_logarithm_of_the_vocabulary(exam):
    assert exam.nats(Guess(exam.symbols), "test") == pytest.approx(math.log(exam.symbols))


def test_padding_is_not_scored(exam):
    """A net that is right about tokens and wrong about padding loses nothing."""

    class Knows(Guess):
        def scores(self, source, inputs):
            right = np.zeros((*inputs.shape, self.symbols))
            following = np.concatenate([inputs[:, 1:], np.full((len(inputs), 1), END)], 1)
            at_end = (following == PAD) & (inputs != END)
            following[at_end] = END
            np.put_along_axis(right, following[..., None], 50.0, axis=2)
            right[inputs == PAD] = 0
            return right

    assert exam.nats(Knows(exam.symbols), "test") < 0.5


@given(st.text(), st.text())
def test_every_text_comes_back_but_for_white_space(exam, english, german):
    """No word is unknown, in any script; English in lower case, German as it stands."""
    source, (begin, *target, end) = exam.encode((english, german))
    assert (begin, end) == (BEGIN, END)
    assert exam.decode(source) == " ".join(english.lower().split())
    assert exam.decode(target) == " ".join(german.split())
    assert all(len(translation.SPECIAL) <= token < exam.symbols for token in [*source, *target])


def test_a_frequent_word_is_one_token_wherever_it_stands(exam):
    assert len(exam.tokens("one")) == 1
    assert exam.tokens("one two one") == exam.tokens("one") + exam.tokens("two") + exam.tokens(
        " one"
    )


def test_decoding_stops_at_the_end_and_skips_what_is_no_text(exam):
    (ein,) = exam.tokens("ein")
    assert exam.decode([BEGIN, ein, PAD, ein, END, ein]) == "ein ein"


def test_the_vocabulary_is_learned_from_the_training_split_alone(monkeypatch):
    def exam(**parts):
        train = (("a big house", "ein großes Haus"),) * 50
        parts = {"train": train, "validation": train[:1], "test": train[:1], **parts}
        made = Pairs("multi30k", "0" * 64, None, **parts)
        monkeypatch.setattr(translation, "load_pairs", lambda name, report: made)
        return Exam("multi30k")

    other = (("some zebras", "einige Zebras"),) * 50
    assert exam().tokenizer is exam(validation=other, test=other).tokenizer
    assert exam(train=other).tokenizer.tokens != exam().tokenizer.tokens


def test_all_pairs_are_judged_and_those_that_are_not_too_long_are_learned_from(tmp_path):
    long = " ".join(["zebra"] * (translation.TRAINED + 1))
    lines = [f"{long}\t{long}" if i % 3 == 0 else "one cat\teine Katze" for i in range(300)]
    (tmp_path / "pairs.tsv").write_text("\n".join(lines))
    pairs = Exam(str(tmp_path / "pairs.tsv")).pairs
    assert [len(pairs[split][0]) for split in ("train", "validation", "test")] == [180, 15, 15]
    assert pairs["test"][0].shape[1] >= translation.TRAINED + 1


@pytest.mark.parametrize(
    ("place", "length", "said"),
    [(0, 600, "a sentence to translate has 600 tokens, and at most 500"), (-1, 600, None)],
)
def test_a_sentence_beyond_the_models_is_refused_only_where_it_is_judged(
    tmp_path, place, length, said
):
    lines = ["zebra\tZebra"] * 200
    lines[place] = "zebra " * length + "\tZebra"
    (tmp_path / "pairs.tsv").write_text("\n".join(lines))
    exam = Exam(str(tmp_path / "pairs.tsv"))
    if said:
        with pytest.raises(UserError, match=said):
            exam.pairs  # noqa: B018
    else:
        assert len(exam.pairs["train"][0]) == 179


def test_pairs_that_are_all_too_long_to_learn_from_are_refused(tmp_path):
    (tmp_path / "pairs.tsv").write_text(("zebra " * 40 + "\tZebra\n") * 200)
    with pytest.raises(UserError, match=f"no pair to learn from has at most {translation.TRAINED}"):
        Exam(str(tmp_path / "pairs.tsv")).pairs  # noqa: B018


def test_a_pass_shows_every_pair_once(exam):
    batches = exam.batches(100, seed=1)
    seen = [tuple(row[row != 0]) for i in range(batches.count) for row in batches(i)[0]]
    wanted = [tuple(row[row != 0]) for row in exam.pairs["train"][0]]
    assert sorted(seen) == sorted(wanted) and batches.count > 10
    again = [
        tuple(row[row != 0]) for i in range(batches.count) for row in batches(i + batches.count)[0]
    ]
    assert sorted(again) == sorted(wanted) and again != seen


@pytest.mark.parametrize("size", [3, 50, 200])
def test_a_batch_is_as_full_as_its_size_allows(exam, size):
    """Tokens on a side, padding included: a batch with one pair more would have too many."""
    batches = exam.batches(size, seed=0)
    shapes = [[side.shape for side in batches(i)] for i in range(batches.count)]
    full = [max(rows * source, rows * target) for (rows, source), (_, target) in shapes]
    assert all(tokens <= size or shape[0][0] == 1 for tokens, shape in zip(full, shapes))
    assert np.mean(full) > 0.8 * size
    words = sum((batches(i)[1] > BEGIN).sum() for i in range(batches.count))
    assert batches.tokens == round(words / batches.count)


def test_the_last_two_batches_share_their_pairs():
    """Twenty-one pairs in batches of ten would leave one alone."""
    batches = Batches(np.full((21, 4), 9), np.full((21, 4), 9), size=40, seed=0)
    assert sorted(len(batches(i)[0]) for i in range(batches.count)) == [5, 6, 10]


def test_batches_depend_on_seed_and_number_alone(exam):
    a, b = exam.batches(80, seed=1), exam.batches(80, seed=1)
    wanted = [a(i)[1] for i in (0, 40, 3)]
    assert all(np.array_equal(w, b(i)[1]) for w, i in zip(wanted, (0, 40, 3)))
    assert not np.array_equal(exam.batches(80, seed=2)(0)[1], wanted[0])


def test_batches_hold_sentences_of_like_length(exam):
    batches = exam.batches(80, seed=0)
    padding = np.mean([(batches(i)[1] == PAD).mean() for i in range(batches.count)])
    assert padding < 0.03 < (exam.pairs["train"][1] == PAD).mean()


def test_bleu_is_sacrebleus_with_the_signature_that_is_stored():
    import sacrebleu

    metric = sacrebleu.metrics.BLEU()
    metric.corpus_score(["a b c d e"], [["a b c d e"]])
    assert str(metric.get_signature()).startswith(translation.SIGNATURE)
    home = ["Ein Mann geht nach Hause."]
    assert translation.bleu(home, home) == pytest.approx(100)
    assert translation.bleu(["Zwei Hunde."], ["Ein Mann geht nach Hause."]) < 10


def test_a_file_without_pairs_is_refused(tmp_path):
    path = tmp_path / "no.tsv"
    path.write_text("one\ttwo\n")
    with pytest.raises(UserError, match="at least 100 lines"):
        Exam(str(path))


def test_a_split_without_text_is_refused(tmp_path):
    path = tmp_path / "empty.tsv"
    path.write_text("\t\n" * 10 + "one\ttwo\n" * 100)
    with pytest.raises(UserError, match=r"empty\.tsv: some split has no pair"):
        Exam(str(path))


def test_scores_may_be_of_torch_in_another_type(exam):
    class Half(Guess):
        def scores(self, source, inputs):
            return torch.zeros(*inputs.shape, self.symbols, dtype=torch.bfloat16)

    assert exam.nats(Half(exam.symbols), "test") == pytest.approx(math.log(exam.symbols))


def test_a_name_is_never_a_file(tmp_path, monkeypatch):
    """A file called like the dataset, in the working folder, is not trained on in its place."""
    monkeypatch.chdir(tmp_path)
    pairs_file(tmp_path)
    (tmp_path / "pairs.tsv").rename("multi30k")

    def asked(name, report):
        raise LookupError(name)

    monkeypatch.setattr(translation, "load_pairs", asked)
    with pytest.raises(LookupError, match="multi30k"):
        Exam("multi30k")


def test_bleu_is_of_mixed_case_and_the_beam_as_in_the_paper():
    """What SIGNATURE and the sample say; Sec. 6.1."""
    dog = ["Ein Hund sieht Katzen."]
    assert translation.bleu(dog, dog) == pytest.approx(100)
    assert translation.bleu(["ein hund sieht katzen."], ["Ein Hund sieht Katzen."]) < 50
    assert (BEAM, ALPHA) == (4, 0.6)


def test_the_thirds_of_the_test_by_length_of_source(exam):
    """The longest third alone is translated wrong."""
    pairs = exam.text["test"]
    longest = sorted(range(len(pairs)), key=lambda i: len(pairs[i][0].split()))[-len(pairs) // 3 :]
    found = ["zwei" if i in longest else german for i, (_, german) in enumerate(pairs)]
    parts = translation.by_length(exam, translation.Translated(None, found, pairs))
    assert list(parts) == ["bleu_short", "bleu_middle", "bleu_long"]
    assert parts["bleu_long"] < 20 < parts["bleu_middle"]


@pytest.mark.parametrize(("task", "order"), [("copy", 1), ("reverse", -1)])
def test_made_pairs_are_what_they_are_called(task, order):
    sources, targets = made_pairs(task, 50, range(3, 8), 9, np.random.default_rng(0))
    lengths = {int((row != PAD).sum()) for row in sources}
    assert lengths == {3, 4, 5, 6, 7} and set(np.unique(sources)) == {PAD, *range(END + 1, 9)}
    for source, target in zip(sources, targets):
        words = source[source != PAD]
        assert target[target != PAD].tolist() == [BEGIN, *words[::order], END]
