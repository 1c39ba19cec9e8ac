"""The exam: pairs, batches, scores and the baseline's arithmetic."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from papers.transformer import task
from papers.transformer.evidence import baseline

LEXICON = {"one": "ein", "two": "zwei", "dogs": "Hunde", "cats": "Katzen", "see": "sehen"}


def pairs_file(folder, count=400):
    """Sentences whose translation is word for word."""
    rng, names = np.random.default_rng(0), list(LEXICON)
    lines = []
    for _ in range(count):
        english = [names[i] for i in rng.integers(len(names), size=rng.integers(2, 5))]
        lines.append(f"{' '.join(english)}\t{' '.join(LEXICON[w] for w in english)}")
    path = folder / "pairs.tsv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def exam(tmp_path_factory):
    return task.Exam(pairs_file(tmp_path_factory.mktemp("pairs")))


class Guess:
    """A net that has no preference."""

    def __init__(self, symbols):
        self.symbols = symbols

    def scores(self, source, inputs):
        return np.zeros((*inputs.shape, self.symbols))


def test_guessing_costs_the_logarithm_of_the_vocabulary(exam):
    assert exam.nats(Guess(exam.symbols), "test") == pytest.approx(math.log(exam.symbols))


def test_padding_is_not_scored(exam):
    """A net that is right about words and wrong about padding loses nothing."""

    class Knows(Guess):
        def scores(self, source, inputs):
            right = np.zeros((*inputs.shape, self.symbols))
            following = np.concatenate([inputs[:, 1:], np.full((len(inputs), 1), task.END)], 1)
            at_end = (following == task.PAD) & (inputs != task.END)
            following[at_end] = task.END
            np.put_along_axis(right, following[..., None], 50.0, axis=2)
            right[inputs == task.PAD] = 0
            return right

    assert exam.nats(Knows(exam.symbols), "test") < 0.5


@given(st.lists(st.sampled_from(["Ein", "Mann", "T-Shirt", "geht", ",", "."]), min_size=1))
def test_words_of_a_joined_text_are_the_words(tokens):
    assert task.words(task.join(tokens)) == tokens


def test_marks_stand_after_their_word():
    assert task.join(["Ein", "Mann", ",", "der", "lacht", "."]) == "Ein Mann, der lacht."


def test_decoding_stops_at_the_end_and_skips_what_is_no_word(exam):
    ein = exam.number["ein"]
    assert exam.decode([task.BEGIN, ein, task.UNKNOWN, ein, task.END, ein]) == "ein ein"


def test_a_pass_shows_every_pair_at_most_once_and_most_of_them(exam):
    batches = exam.batches(32, seed=1)
    seen = [tuple(row[row != 0]) for i in range(batches.count) for row in batches(i)[0]]
    total = len(exam.pairs["train"][0])
    assert len(seen) == total // 32 * 32


def test_batches_depend_on_seed_and_number_alone(exam):
    a, b = exam.batches(16, seed=1), exam.batches(16, seed=1)
    wanted = [a(i)[1] for i in (0, 25, 3)]
    assert all(np.array_equal(w, b(i)[1]) for w, i in zip(wanted, (0, 25, 3)))
    assert not np.array_equal(exam.batches(16, seed=2)(0)[1], wanted[0])


def test_batches_hold_sentences_of_like_length(exam):
    batches = exam.batches(16, seed=0)
    padding = np.mean([(batches(i)[1] == task.PAD).mean() for i in range(batches.count)])
    assert padding < 0.03 < (exam.pairs["train"][1] == task.PAD).mean()


def test_bleu_is_sacrebleus_with_the_signature_that_is_stored():
    import sacrebleu

    metric = sacrebleu.metrics.BLEU()
    metric.corpus_score(["a b c d e"], [["a b c d e"]])
    assert str(metric.get_signature()).startswith(task.SIGNATURE)
    assert task.bleu(["Ein Mann geht nach Hause."], ["Ein Mann geht nach Hause."]) == pytest.approx(
        100
    )
    assert task.bleu(["Zwei Hunde."], ["Ein Mann geht nach Hause."]) < 10


def test_the_lexicon_learns_a_word_for_word_language(exam):
    translations = baseline.translations(exam)
    references = [german for _, german in exam.test_sentences()]
    assert translations == references


def test_a_lexicon_row_is_a_distribution(exam):
    t = baseline.lexicon(*exam.pairs["train"], exam.symbols)
    known = [exam.number[word] for word in LEXICON]
    assert t[known].sum(1) == pytest.approx(1)


def test_copies_are_copies():
    source, target = task.copies(np.random.default_rng(0), 5, 9, 4)
    assert (target[:, 1:-1] == source).all() and (source >= len(task.SPECIAL)).all()
    _, turned = task.copies(np.random.default_rng(0), 5, 9, 4, reverse=True)
    assert (turned[:, 1:-1] == source[:, ::-1]).all()


def test_a_file_without_pairs_is_refused(tmp_path):
    path = tmp_path / "no.tsv"
    path.write_text("one\ttwo\n")
    with pytest.raises(UserError, match="at least 100 lines"):
        task.Exam(str(path))


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

    monkeypatch.setattr(task, "load_pairs", asked)
    with pytest.raises(LookupError, match="multi30k"):
        task.Exam("multi30k")


def test_bleu_is_of_mixed_case_and_the_beam_as_in_the_paper():
    """What SIGNATURE and the sample say; Sec. 6.1."""
    assert task.bleu(["Ein Hund sieht Katzen."], ["Ein Hund sieht Katzen."]) == pytest.approx(100)
    assert task.bleu(["ein hund sieht katzen."], ["Ein Hund sieht Katzen."]) < 50
    assert (task.BEAM, task.ALPHA) == (4, 0.6)
