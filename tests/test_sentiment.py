"""The exam over film reviews: its form of text, its parts, its batches and its scores."""

import math

import numpy as np
import pytest
import torch

from common.data import text as texts
from common.errors import UserError
from common.exams import documents, sentiment
from common.exams.bag_of_words import bag_of_words_error
from common.exams.documents import as_in_reviews, documents_of
from common.exams.rows import cut
from common.exams.sentiment import CLASSES, PAD, Mixed, SentimentExam, known, packed
from papers.bpe.version2 import model as bpe
from tests.sentiment import SIZES, encyclopedia, place_reviews, reviews_file, sentiment_part


def byte_pairs(read):
    return bpe.train(read, 256 + 60)


@pytest.fixture
def parts():
    return {name: sentiment_part(name, 0) for name in SIZES}


@pytest.fixture
def exam(parts, tmp_path, monkeypatch):
    data = place_reviews(parts, tmp_path, monkeypatch)
    special = ("<pad>", "<s>", "<e>")
    return SentimentExam(data, "wikipedia_sample", byte_pairs, special=special)


@pytest.mark.parametrize(
    ("sentence", "form"),
    [
        ("It doesn't work.", "it does n't work"),
        ("He can't, won't!", "he ca n't , wo n't !"),
        ("Verne's re-imagining (1930s)", "verne 's re imagining 1930s"),
        ('"What a film," we\u2019d say?', "`` what a film , '' we 'd say ?"),
        ("A caf\u00e9 for $5.00; \u041c\u0438\u0440", "a cafe for 5 00"),
    ],
)
def test_text_takes_the_form_of_the_reviews(sentence, form):
    assert as_in_reviews(sentence) == form
    assert as_in_reviews(form) == form  # a review stays as it is


def test_a_text_becomes_documents_of_sentences_in_order(tmp_path):
    path = tmp_path / "text.txt"
    body = " ".join(f"Sentence {i} of J. Verne, i.e. his." for i in range(150))
    path.write_text(f"= One =\n\n{body}\n\n= = A part = =\n\n= Two =\n\nOne last word. No more.")
    found = documents_of(str(path))
    assert [len(doc) for doc in found["train"]] == [145]
    assert [len(doc) for doc in found["validation"]] == [5, 2]
    assert found["train"][0][3] == "sentence 3 of j verne , i e his"
    assert found["validation"][1] == ("one last word", "no more")


def test_a_text_without_titles_has_its_paragraphs_for_documents(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("\n\n".join(f"First {i} words. Then others." for i in range(60)))
    found = documents_of(str(path))
    assert found["train"][7] == ("first 7 words", "then others") and len(found["train"]) == 57


def test_a_text_of_few_sentences_is_refused(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("word " * 400)
    with pytest.raises(UserError, match="1 sentences, and at least 20"):
        documents_of(str(path))


def test_pre_training_reads_training_sentences_and_holds_others_out(exam, parts):
    train, held_out = exam.documents(), exam.documents("validation")
    said = [exam.decode(sentence) for (sentence,) in train["reviews"]]
    assert said == [text for text, _ in parts["train"]]
    assert len(held_out["reviews"]) == SIZES["validation"]
    sentences = [s for doc in train["wikipedia"] for s in doc]
    later = [s for doc in held_out["wikipedia"] for s in doc]
    assert len(sentences) == 760 and len(later) == 40
    assert min(map(min, sentences)) >= len(exam.special)


def test_the_tokenizer_is_learned_of_what_is_read_in_training(exam, parts, tmp_path, monkeypatch):
    other = {**parts, "test": sentiment_part("test", 9), "validation": parts["validation"][:20]}
    changed = {**parts, "train": sentiment_part("test", 9)}
    made = [SentimentExam(place_reviews(p, tmp_path, monkeypatch), "", byte_pairs).tokenizer.tokens
            for p in (other, changed)]  # fmt: skip
    assert made[0] == exam.tokenizer.tokens != made[1]


def test_few_labels_are_of_both_classes_and_part_of_more(exam):
    classes = [0] * 700 + [1] * 500
    few, more = known(classes, 100, 3), known(classes, 1_000, 3)
    assert len(few) == 100 and sum(classes[i] for i in few) == 50
    assert len(more) == 1_000 and sum(classes[i] for i in more) == 500 and set(few) < set(more)
    assert known(classes, 100, 4) != few and known(classes, None, 4) == list(range(1_200))
    assert exam.known(20).tolist() == known([y for _, y in exam.text["train"]], 20, 0)


@pytest.mark.parametrize("labels", [None, 40])
def test_a_pass_shows_every_known_sentence_once(exam, labels):
    size, count = 10, len(exam.known(labels))
    for passed in range(2):
        seen = []
        for i in range(count // size):
            tokens, lengths, wanted = exam.batch(passed * (count // size) + i, size, labels)
            for row, length, label in zip(tokens.tolist(), lengths.tolist(), wanted.tolist()):
                assert row[length:] == [PAD] * (len(row) - length)
                seen.append((exam.decode(row[:length]), label))
        assert sorted(seen) == sorted(exam.text["train"][i] for i in exam.known(labels))
    assert not torch.equal(exam.batch(0, size, labels)[2], exam.batch(1, size, labels)[2])


def test_long_sentences_are_cut_and_empty_ones_are_one_token(exam):
    exam.most = 4
    assert exam.encode("the film is a plot") == exam.tokens("the film is a plot")[:4]
    assert len(exam.encode("")) == 1


def test_who_always_says_against_is_wrong_where_it_is_for_and_who_knows_never(exam, parts):
    answers = {exam.decode(row): y for row, (_, y) in zip(exam.sentences["test"], parts["test"])}

    def guess(tokens, lengths):
        return torch.zeros(len(tokens), len(CLASSES))

    def knows(tokens, lengths):
        said = [exam.decode(row[:n]) for row, n in zip(tokens.tolist(), lengths.tolist())]
        return torch.tensor([[0.0, 20.0 if answers.get(text) else -20.0] for text in said])

    metrics, (sample,) = exam.finish({None: knows, 100: guess}, {"pretrain_nats": 3.0})
    share = 100 * sum(label for _, label in parts["test"]) / len(parts["test"])
    assert metrics["error_100"] == pytest.approx(share)
    assert metrics["error"] == 0 and metrics["pretrain_nats"] == 3
    assert metrics["nats"] < 1e-6 and metrics["validation_error"] > 20
    assert exam.finish({None: guess})[0]["nats"] == pytest.approx(math.log(2))
    assert parts["test"][0][0] in sample and "right" in sample and "wrong" not in sample


def test_rows_are_documents_one_after_another():
    rows = packed([[[5, 6], [7]], [[8]], [[9]]], length=4, begin=1, end=2)
    assert rows.tolist() == [[1, 5, 6, 7], [2, 1, 8, 2]]  # the last three tokens fill no row
    assert packed([[[5]]], 5, 1, 2).tolist() == [[1, 5, 2, 0, 0]]


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_batches_are_mixed_in_the_share_that_is_asked_for(share):
    mixed = Mixed(np.arange(30).reshape(-1, 1), 100 + np.arange(20).reshape(-1, 1), share, seed=1)
    rows = [mixed(i, 8)[:, 0] for i in range(40)]
    assert all(len(row) == 8 for row in rows)
    every = np.concatenate(rows)
    assert (every >= 100).mean() == pytest.approx(share, abs=0.01)
    for part, count in ((every[every < 100], 30), (every[every >= 100], 20)):
        assert all(len(set(part[at : at + count])) == count
                   for at in range(0, len(part) - count, count))  # fmt: skip
    again = Mixed(np.arange(30).reshape(-1, 1), 100 + np.arange(20).reshape(-1, 1), share, seed=1)
    assert np.array_equal(again(7, 8)[:, 0], rows[7])


def test_a_users_own_sentences_with_labels(tmp_path, parts, monkeypatch):
    place_reviews(parts, tmp_path, monkeypatch)
    monkeypatch.setattr(documents, "load_text", texts.load_text)  # the text is the user's
    text = tmp_path / "text.txt"
    text.write_text(encyclopedia())
    exam = SentimentExam(reviews_file(tmp_path), str(text), byte_pairs)
    usual = SentimentExam("sst2", str(text), byte_pairs)
    assert exam.tokenizer.tokens == usual.tokenizer.tokens and exam.documents() == usual.documents()
    assert [len(exam.sentences[name]) for name in SIZES] == [320, 40, 40]
    assert exam.classes == ("0", "1") and exam.few == ()
    (tmp_path / "few.tsv").write_text("a film\t1\n")
    with pytest.raises(UserError, match="few.tsv has 1 labelled lines, and at least 100"):
        sentiment.labelled(str(tmp_path / "few.tsv"))


def test_a_bag_of_words_learns_what_words_say(tmp_path):
    path = reviews_file(tmp_path)
    assert bag_of_words_error(path) < 5
    assert bag_of_words_error(path, 10, seed=1) >= bag_of_words_error(path, 200, seed=1)


def test_a_quick_exam_reads_less(parts, tmp_path, monkeypatch):
    monkeypatch.setattr(sentiment, "QUICK", 30)
    data = place_reviews(parts, tmp_path, monkeypatch)
    exam = SentimentExam(data, "", byte_pairs, quick=True)
    assert [len(exam.text[name]) for name in SIZES] == [150, 30, 30]
    whole = SentimentExam(data, "", byte_pairs)
    assert exam.tokenizer.tokens == whole.tokenizer.tokens  # a checkpoint is asked with these


def test_the_text_is_found_by_its_loader():
    assert documents.load_text is texts.load_text


def test_stretches_are_whole_sentences():
    assert cut([[1, 2], [3, 4, 5], [6]], 5) == [[[1, 2], [3, 4, 5]], [[6]]]
    assert cut([[1] * 9, [2]], 4) == [[[1] * 4], [[2]]]
