"""The exam: words, batches, and what is counted."""

import pytest
import torch

from common.errors import UserError
from papers.bidirectional_rnn import task
from papers.bidirectional_rnn.ask import as_in_reviews, classifier
from papers.bidirectional_rnn.tests import exam as side


@pytest.fixture
def exam(monkeypatch, tmp_path):
    parts = {name: side.part(name, 1) for name in side.SIZES}
    return task.Exam(side.place(parts, tmp_path, monkeypatch))


def test_rare_words_and_those_of_other_parts_are_unknown(exam):
    assert exam.words[:2] == ["<pad>", "<unk>"] and "fine" in exam.words
    assert exam.encode("the test0 Fine")[1] == task.UNKNOWN
    assert exam.encode("Fine") == exam.encode("fine") != [task.UNKNOWN]
    assert exam.encode("  ") == [task.UNKNOWN]
    assert all(task.PAD not in row for rows in exam.sentences.values() for row in rows)


def test_a_pass_shows_every_sentence_once_and_each_pass_has_its_own_order(exam):
    passes = []
    for start in (0, 6):
        labels, rows = [], []
        for i in range(start, start + 6):
            tokens, lengths, label = exam.batch(i, 20)
            rows += [row[:n].tolist() for row, n in zip(tokens, lengths, strict=True)]
            labels += label.tolist()
        assert sorted(rows) == sorted(exam.sentences["train"])
        told = dict(zip(map(str, exam.sentences["train"]), exam.labels["train"], strict=True))
        assert sum(told[str(r)] == label for r, label in zip(rows, labels, strict=True)) > 110
        passes.append(rows)
    assert passes[0] != passes[1]


def test_padding_stands_behind_the_end(exam):
    tokens, lengths = exam.padded([[5, 6], [7, 8, 9], [4]])
    assert tokens.tolist() == [[5, 6, 0], [7, 8, 9], [4, 0, 0]] and lengths.tolist() == [2, 3, 1]


def test_swayed_counts_the_sentences_whose_answer_the_batch_decides(exam):
    def honest(tokens, lengths):
        first = tokens[:, 0] % 2
        return torch.stack([first, 1 - first], 1).float()

    def swayed(tokens, lengths):
        full = (tokens[:, -1] != task.PAD).float()
        return torch.stack([full, 1 - full], 1)

    assert exam.finish(honest)[0]["swayed"] == 0
    assert exam.finish(swayed)[0]["swayed"] > 50


def test_the_errors_are_percentages(exam):
    labels = exam.labels["test"]
    share = 100 * (labels == 0).double().mean().item()

    def always_for(tokens, lengths):
        return torch.tensor([[0.0, 1.0]]).repeat(len(tokens), 1)

    metrics, samples = exam.finish(always_for)
    assert metrics["test_error"] == pytest.approx(share) and samples == []
    wanted = torch.tensor([0.0, 1.0]).log_softmax(0)
    assert metrics["test_nats"] == pytest.approx(-wanted[labels].mean().item(), rel=1e-5)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("It isn't well-made.", "it is n't well made ."),
        ("A fine film, and that's all!", "a fine film , and that 's all !"),
        ("It’s “warm”", "it 's “ warm ”"),
        ("   ", ""),
    ],
)
def test_a_typed_sentence_is_read_as_the_set_writes_it(typed, read):
    assert as_in_reviews(typed) == read


def test_the_classifier_gives_each_class_its_probability(exam):
    made = classifier(exam, lambda tokens, lengths: torch.tensor([[0.0, 1.0]]))
    assert made.labels == ("against", "for")
    assert made.classify("Fine!") == pytest.approx([0.26894, 0.73106], abs=1e-4)
    with pytest.raises(UserError, match="no word"):
        made.classify(" ")
