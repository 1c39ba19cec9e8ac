"""What a user may ask, of networks as they are drawn."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from common.ask.gaps import piece_doors, row_of
from common.errors import UserError
from common.exams.wordpieces import WordPieces
from papers.albert.version1 import ask as ask1
from papers.albert.version1 import model as model1
from papers.albert.version2 import ask as ask2
from papers.albert.version2 import model as model2

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "fine", "film", "dull", "##s"]
SIZES = {"pieces": 10, "context": 12, "embedding": 4, "d_model": 8, "heads": 2, "layers": 3}


@pytest.fixture
def exam():
    pieces = WordPieces(PIECES)
    return SimpleNamespace(
        pieces=PIECES, wordpieces=pieces, classes=("no", "yes"), most=9, tokens=pieces.encode,
        rows=lambda texts: torch.tensor([[2, *text, 3] for text in texts]),
    )  # fmt: skip


@pytest.fixture(params=[1, 2])
def asked(request, exam):
    torch.manual_seed(0)
    if request.param == 1:
        net = model1.ALBERT(model1.Config(**SIZES), 10).eval()
        scores = lambda row: net.pieces(net.encode(row))[0]  # noqa: E731
        return (*piece_doors(exam, net, scores, lambda row: ask1.maps(net, row)), net)
    net = model2.ALBERT(model2.Config(**SIZES), 10).eval()
    scores = lambda row: net.pieces(net.encode(row)[0])  # noqa: E731
    return (*piece_doors(exam, net, scores, lambda row: ask2.maps(net, row)), net)


def test_each_gap_is_filled(asked):
    filler, _, _ = asked
    gaps = filler.fill("a [MASK] film [MASK]")
    assert len(gaps) == 2 and [piece for piece, _ in gaps[0]] == PIECES
    assert all(abs(sum(p for _, p in gap) - 1) < 1e-5 for gap in gaps)


def test_classes_have_probabilities(asked):
    _, classifier, _ = asked
    assert abs(sum(classifier.classify("a fine film")) - 1) < 1e-5


def test_every_depth_shows_where_it_looks(asked):
    _, classifier, net = asked
    maps = classifier.attend("a fine film")
    assert len(maps) == 3 and maps[0].weights.shape == (2, 5, 5)
    assert np.allclose(maps[2].weights.sum(-1), 1, atol=1e-5)


def test_the_last_map_leads_to_the_final_states(exam):
    net = model2.ALBERT(model2.Config(**SIZES), 10).eval()
    row, seen = row_of(exam, "a dull film"), []
    real = model2.Layer.forward
    net.layers[0].forward = lambda x, hidden: seen.append(x) or real(net.layers[0], x, hidden)
    net.encode(row)
    once, seen[:] = list(seen), []
    list(ask2.maps(net, row))
    assert all(torch.equal(a, b) for a, b in zip(once, seen, strict=True))


def test_a_text_must_have_words_and_fit(exam):
    with pytest.raises(UserError, match="no word"):
        row_of(exam, "")
    with pytest.raises(UserError, match="reads 9"):
        row_of(exam, "film " * 10)
