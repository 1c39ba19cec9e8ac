"""The exam of word vectors, on tests and corpora made here."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from common.data import word_tests
from common.data.place import Fetched
from common.data.word_tests import Question, Rated, WordTests, load_word_tests
from common.errors import UserError
from common.exams import vectors
from common.exams.counted import counted_vectors, mutual_information, together
from common.exams.grid import FORMS, KINDS, grid_corpus, grid_questions
from common.exams.vectors import corpus_of, mean, part, read_corpus, results

FILES = {
    "wordsim353.tsv": "# words\tand mean\nLove\tsex\t6.77\ncat\tdog\t5\n",
    "simlex999.txt": "# words\nold\tnew\t1.58\n",
    "questions-words.txt": ": capital-world\nAthens Greece Oslo Norway\n"
    ": gram1-adverb\ncalm calmly slow slowly\n",
}
RATED = tuple(Rated(f"w{i}", f"w{i + 1}", float(i * i % 7)) for i in range(9))


@pytest.fixture
def made_tests(tmp_path, monkeypatch):
    """Small files in the format of the real ones."""
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    fetched = Fetched("word_evaluation", tmp_path, "0" * 64)
    monkeypatch.setattr(word_tests, "ensure", lambda name, report: fetched)
    return load_word_tests()


@pytest.fixture
def corpus():
    return corpus_of([[f"w{i}" for i in range(10)]] * 12)


def test_files_are_read_in_lower_case(made_tests):
    assert made_tests.related == (Rated("love", "sex", 6.77), Rated("cat", "dog", 5.0))
    assert made_tests.alike == (Rated("old", "new", 1.58),)
    first, second = made_tests.questions
    assert first == Question("capital-world", "athens", "greece", "oslo", "norway")
    assert not first.syntactic and second.syntactic


def test_the_real_tests_are_those_of_the_papers():
    """Mikolov et al. 2013a, Table 1 and Sec. 4.1: 8,869 semantic and 10,675 syntactic questions."""
    own = load_word_tests(report=lambda line: None)
    syntactic = sum(question.syntactic for question in own.questions)
    assert (len(own.questions) - syntactic, syntactic) == (8_869, 10_675)
    assert (len(own.related), len(own.alike)) == (353, 999)


def test_another_kind_of_data_is_refused():
    with pytest.raises(UserError, match="of kind text, not evaluation"):
        load_word_tests("tinyshakespeare")


def test_a_corpus_keeps_what_is_frequent_and_its_lines():
    lines = [["a", "b", "a"], ["rare"], ["b", "a"], *[["a"]] * 100]
    own = corpus_of(lines, least=2)
    assert own.words == ["a", "b"] and own.counts.tolist() == [103, 2]
    assert [line.tolist() for line in own.lines()[:2]] == [[0, 1, 0], [1, 0]]
    assert own.read == 106


def test_vectors_of_a_first_part_have_its_words(tmp_path, monkeypatch):
    """Those of the smoke profile, which reads no more."""
    path = tmp_path / "text.txt"
    path.write_text("early bird\n" * 60 + "late train\n" * 60, encoding="utf-8")
    monkeypatch.setattr(vectors, "QUICK", 60 * len("early bird\n"))
    assert vectors.learned_words(str(path), 2) == ["bird", "early"]
    for rows in (4, 3):
        assert len(vectors.learned_words(str(path), rows)) == 4


def test_too_little_is_refused(tmp_path):
    path = tmp_path / "short.txt"
    path.write_text("the cat sat. " * 20 + "." * 1_000, encoding="utf-8")
    with pytest.raises(UserError, match="60 words that occur 5 times or more; at least 100"):
        read_corpus(str(path))


def test_pairs_add_up_to_spearmans_correlation(corpus):
    table = np.random.default_rng(0).normal(size=(10, 4))
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    number = corpus.numbers
    cosines = [unit[number[p.one]] @ unit[number[p.other]] for p in RATED]
    found = vectors.rated(corpus, vectors.unit(table), (*RATED, Rated("w0", "unknown", 9)))
    assert list(found) == [f"{p.one} {p.other}" for p in RATED]
    assert mean(found) == pytest.approx(spearmanr(cosines, [p.rating for p in RATED])[0])


def test_vectors_that_say_nothing_get_nothing(corpus):
    tests = WordTests("made", "", RATED, RATED[:1], (Question("s", "w0", "w1", "w2", "w3"),))
    found = results(corpus, np.zeros((10, 4)), tests)
    assert mean(found.related) == 0 and found.alike == {}
    assert found.questions == {"s w0 w1 w2 w3": 1 / 7}  # behind all that could be told


def test_an_analogy_is_right_if_the_nearest_other_word_is(corpus):
    number, table = corpus.numbers, np.zeros((10, 4))
    plane = {"w0": (1, 0, 1), "w1": (1, 0, -1), "w2": (0, 1, 1), "w3": (0, 1, -1)}
    for word, place in plane.items():
        table[number[word], :3] = place
    question = Question("s", "w0", "w1", "w2", "w3")
    assert vectors.answered(corpus, vectors.unit(table), [question]) == {"s w0 w1 w2 w3": 1.0}
    table[number["w4"]] = table[number["w3"]]  # as near as the right word: not right
    assert vectors.answered(corpus, vectors.unit(table), [question]) == {"s w0 w1 w2 w3": 0.5}
    same = Question("s", "w0", "w1", "w2", "w2")  # the answer is among what was given
    assert vectors.answered(corpus, vectors.unit(table), [same]) == {"s w0 w1 w2 w2": 0.1}
    assert vectors.answered(corpus, table, [Question("s", "w0", "w1", "w2", "x")]) == {}


def test_validation_and_test_share_nothing_and_lose_nothing(made_tests):
    questions = grid_questions()
    test, validation = part(questions, False).questions, part(questions, True).questions
    assert len(test) == 2 * len(validation)
    assert sorted(test + validation) == sorted(questions.questions)


def test_a_table_of_another_size_is_refused(corpus):
    with pytest.raises(ValueError, match="no table of 10 words"):
        results(corpus, np.zeros((9, 4)), grid_questions())


def test_pairs_are_counted_within_lines(corpus):
    own = corpus_of([["a", "b", "c"], ["d"]] * 30)
    a, b, c, d = (own.numbers[word] for word in "abcd")
    table = together(own, 2).toarray()
    assert (table == table.T).all()
    assert (table[a, b], table[b, c], table[a, c]) == (30, 30, 15)
    assert together(own, 2, fade=False).toarray()[a, c] == 30
    assert not table[d].any()


def test_mutual_information_is_what_its_formula_gives():
    own = corpus_of([["a", "b"], ["a", "b"], ["c", "d"]] * 30)
    table = mutual_information(together(own, 1), smoothing=1.0).toarray()
    a, b, c, d = (own.numbers[word] for word in "abcd")
    assert table[a, b] == pytest.approx(np.log(3)) and table[c, d] == pytest.approx(np.log(6))
    assert table[a, c] == 0
    shifted = mutual_information(together(own, 1), 1.0, shift=np.log(5)).toarray()
    assert shifted[a, b] == 0 and shifted[c, d] == pytest.approx(np.log(6 / 5))


def test_counting_solves_the_grid():
    own = grid_corpus(0, lines=3_000)
    found = results(own, counted_vectors(own, 5, 12), grid_questions())
    assert len(found.questions) == KINDS * (KINDS - 1) * FORMS * (FORMS - 1)
    assert mean(found.right) > 0.9
    noise = np.random.default_rng(0).normal(size=(len(own.words), 12))
    assert mean(results(own, noise, grid_questions()).right) < 0.05
