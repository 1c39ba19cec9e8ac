"""What a search shows, of both versions, through weights as a training leaves them."""

import pytest
import torch
from safetensors.torch import load_file

from papers.tfidf.tests import exam as side
from papers.tfidf.version1 import ask as ask1
from papers.tfidf.version2 import ask as ask2
from tests.exams import parts_of, run_of, train


class Left:
    """Weights and config of a small run."""

    def __init__(self, version, path, folder):
        run = run_of("tfidf", version, path, **side.CHANGES[version])
        run.folder, self.config, self.data, self.seed = folder, run.config, path, 0
        train("tfidf", version, run)
        self.found = load_file(folder / "weights.safetensors")

    def tensors(self, shapes):
        assert {name: tuple(self.found[name].shape) for name in shapes} == shapes
        return {n: t.float() if t.is_floating_point() else t for n, t in self.found.items()}


@pytest.fixture(params=["version1", "version2"])
def left(request, tmp_path):
    path = side.place(parts_of("tfidf"), tmp_path, None)
    return {"version1": ask1, "version2": ask2}[request.param], Left(request.param, path, tmp_path)


def test_a_paragraph_finds_itself(left):
    ask, weights = left
    search = ask.load(weights).search
    for number, article in enumerate(parts_of("tfidf")["train"]):
        first, *others = search(article[3], 3)
        assert (first.title, first.text) == (f"Article {number}", article[3])
        assert len(others) <= 2 and all(first.score > hit.score > 0 for hit in others)


def test_nothing_is_found_by_words_that_are_nowhere(left):
    ask, weights = left
    assert ask.load(weights).search("zebra xylophone", 5) == []


def test_counts_of_other_documents_are_refused(tmp_path):
    path = side.place(parts_of("tfidf"), tmp_path, None)
    weights = Left("version2", path, tmp_path)
    weights.found["df"] = torch.ones_like(weights.found["df"])
    with pytest.raises(ValueError, match="other documents"):
        ask2.load(weights)
