"""What a user is told of near words, by both versions, through weights of a small run."""

import pytest
from safetensors.torch import load_file

from common.errors import UserError
from papers.word2vec.tests import exam as side
from papers.word2vec.version1 import ask as ask1
from papers.word2vec.version2 import ask as ask2
from tests.exams import parts_of, run_of, train

ASK = {"version1": ask1, "version2": ask2}


class Left:
    """Weights and config of a small run."""

    def __init__(self, version, path, folder):
        run = run_of("word2vec", version, path, **side.CHANGES[version])
        run.folder, self.config, self.data, self.seed = folder, run.config, path, 0
        train("word2vec", version, run)
        self.found = load_file(folder / "weights.safetensors")
        self.shapes = {name: tuple(found.shape) for name, found in self.found.items()}

    def tensors(self, shapes):
        assert {name: self.shapes[name] for name in shapes} == shapes
        return self.found


@pytest.mark.parametrize("version", ASK)
def test_near_words_and_analogies(version, tmp_path, monkeypatch):
    path = side.place(parts_of("word2vec"), tmp_path, monkeypatch)
    found = ASK[version].load(Left(version, path, tmp_path))
    a, b, c = found.words[:3]
    near = found.near(a, 4)
    assert len(near) == 4 and a not in [word for word, _ in near]
    assert not {a, b, c} & {word for word, _ in found.analogy(a, b, c, 4)}
    with pytest.raises(UserError, match="never learned"):
        found.near("zebra", 4)
