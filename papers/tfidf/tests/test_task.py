"""The exam: what is taken out is nowhere else, folds take each paragraph once, ranks are fair."""

import numpy as np
import pytest

from common.errors import UserError
from papers.tfidf import task
from papers.tfidf.tests import exam as side
from tests.exams import parts_of


@pytest.fixture
def path(tmp_path):
    return side.place(parts_of("tfidf"), tmp_path, None)


def paragraphs(queries):
    return [query.paragraph for query in queries]


def test_what_is_taken_out_is_nowhere_else(path):
    exam = task.Exam(path)
    kept = "\n".join(exam.texts)
    for query in (*exam.test, *exam.validation):
        assert query.paragraph not in kept and query.sentence not in kept
        assert exam.titles[query.document] == f"Article {query.document}"
    assert not any(query.paragraph in kept for query in exam.leads)
    assert len(exam.test) == len(exam.validation) == 2 * side.ARTICLES
    assert not set(paragraphs(exam.test)) & set(paragraphs(exam.validation))


def test_ten_folds_take_each_paragraph_once(path):
    folds = [task.Exam(path, seed) for seed in range(10)]
    tests = [p for fold in folds for p in paragraphs(fold.test)]
    assert len(tests) == len(set(tests)) == side.ARTICLES * (side.PARAGRAPHS - 1)
    assert paragraphs(task.Exam(path, 5).test) == paragraphs(folds[0].validation)
    assert paragraphs(task.Exam(path, 13).test) == paragraphs(folds[3].test)


def test_sections_are_documents_under_their_headings(tmp_path):
    long = "Here are words enough for a paragraph that may be taken out. And a second sentence."
    blocks = [f"= = Part {i} = =\n\n" + "\n\n".join(f"{i} {j} {long}" for j in range(8))
              for i in range(6)]  # fmt: skip
    path = tmp_path / "text.txt"
    path.write_text("= One =\n\nLead.\n\n" + "\n\n".join(blocks) + "\n\n= Two =\n\nOther.\n")
    assert len(task.Exam(str(path), unit="section").titles) == 8
    assert task.Exam(str(path)).titles == ["One", "Two"]


class Fixed:
    terms = postings = 1

    def __init__(self, *rows):
        self.rows = rows

    def scores(self, queries):
        return [self.rows[i] for i in range(len(queries))]


@pytest.mark.parametrize(
    ("row", "rank"), [([3, 2, 1], 1), ([3, 4, 1], 2), ([3, 3, 1], 2), ([0, 0, 0], 3)]
)
def test_before_a_document_stands_all_that_scores_no_less(path, row, rank):
    found = task.Exam(path).ranks(Fixed(row), [task.Query("A query.", 0)])
    assert found.tolist() == [rank]
    assert task.reciprocal(np.array([1, rank])) == (1 + 1 / rank) / 2


@pytest.mark.parametrize("between", ["\n\n", "\n", " "])
def test_a_text_without_titles_is_cut_into_parts(tmp_path, between):
    path = tmp_path / "text.txt"
    path.write_text(
        between.join(f"The {i}th of these has nine words, all small." for i in range(50))
    )
    exam = task.Exam(str(path))
    assert len(exam.titles) == 10 and exam.titles[1] == "The 5th of these has"
    assert [q.document for q in exam.test] == [0, 2, 5, 7]


def test_a_document_without_a_score_stands_last(path):
    found = task.Exam(path).ranks(Fixed([np.nan, 3, -np.inf]), [task.Query("A query.", 0)])
    assert found.tolist() == [3]


@pytest.mark.parametrize("text", ["One. And two.", "Ένα. Και δύο.", "Eins. Über zwei."])
def test_sentences_end_before_capitals_of_any_alphabet(text):
    assert task.Query(text, 0).sentence == text[: text.index(".") + 1]
    assert task.Query("No. 5 of them, e.g. this one", 0).sentence == "No. 5 of them, e.g. this one"


def test_a_text_that_is_too_short_is_refused(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("Few sentences. " * 9 + "x" * 1_000)
    with pytest.raises(UserError, match="at least 40 are needed"):
        task.Exam(str(path))
    path.write_text("\n".join(f"Short {i}." for i in range(200)))
    with pytest.raises(UserError, match="nothing can be taken out"):
        task.Exam(str(path))


def test_one_document_is_found_without_looking(tmp_path):
    path = tmp_path / "text.txt"
    body = (f"Paragraph {i} has words enough to be taken out of it." for i in range(60))
    path.write_text("\n\n".join(["= Empty =", "= Full =", *body]))
    with pytest.raises(UserError, match="Only one title"):
        task.Exam(str(path))


def test_the_sample_marks_the_right_document(path):
    exam = task.Exam(path)
    row = [9.0, 1.0, 2.0, 0.0, 0.0, 0.0]
    first = exam.sample(Fixed(row, row, row, row)).splitlines()[1]
    assert first == "  -> Article 0 (*); Article 2; Article 1"
