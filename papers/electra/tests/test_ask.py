"""Both versions answer: gaps by the generator, classes and looks by the discriminator."""

import numpy as np
import pytest
import torch

from common.commands.doors import doors
from common.errors import UserError
from common.paper import rooms
from papers.electra.task import Exam
from tests.exams import parts_of
from tests.sentiment import place_reviews

HOME = rooms()["electra"]
VERSIONS = pytest.mark.parametrize("version", ["version1", "version2"])
SIZES = {"pieces": 120, "context": 16, "d_model": 16, "heads": 2, "layers": 2, "generator": 0.5}


@pytest.fixture
def answers(tmp_path, monkeypatch):
    """answers(version) -> (Filler, Classifier) with random weights."""
    place_reviews(parts_of("electra"), tmp_path, monkeypatch)

    def made(version):
        model = HOME.module(f"{version}.model")
        config = model.Config(**SIZES)
        torch.manual_seed(0)
        net = model.ELECTRA(config, Exam("sst2", "wikipedia_sample", config).symbols)

        class Kept:
            data, more_data = "sst2", {"pretrain": "wikipedia_sample"}

            def fill(self, make, prefix):
                given = make()
                given.load_state_dict(net.state_dict())
                return given.eval()

        Kept.config = config
        return HOME.module(f"{version}.ask").load(Kept())

    return made


@VERSIONS
def test_doors(version):
    assert set(doors(HOME, version)) == {"fill", "classify", "attend"}


@VERSIONS
def test_gaps_and_classes(answers, version):
    filler, classifier = answers(version)
    gaps = filler.fill("a [MASK] film and [MASK] plot")
    assert len(gaps) == 2
    for gap in gaps:
        assert sum(p for _, p in gap) == pytest.approx(1, abs=1e-4)
    assert sum(classifier.classify("a fine film")) == pytest.approx(1, abs=1e-5)
    assert list(classifier.labels) == ["against", "for"]
    with pytest.raises(UserError, match="no word"):
        classifier.classify(" ")


@VERSIONS
def test_looks_sum_to_one(answers, version):
    _, classifier = answers(version)
    layers = classifier.attend("a fine film")
    assert [layer.name for layer in layers] == ["layer 1", "layer 2"]
    for layer in layers:
        assert layer.weights.shape[0] == 2
        np.testing.assert_allclose(layer.weights.sum(-1), 1, atol=1e-5)
