"""The versions learn, and dropout acts where it should."""

import pytest
import torch

from common.config import plan
from common.exams.translation import Evaluated
from common.paper import room
from common.run import engine
from common.run.training import Run
from papers.seq2seq.evidence import twins
from papers.seq2seq.version2 import model
from tests.translation import pairs_file

SMALL = {"hidden": 32, "layers": 1, "width": 24, "batch": 80}
CHANGES = {
    "version1": {"steps": 200, "bound": 0.3, "clip": 5.0},
    "version2": {"steps": 150, "rate": 0.01, "warmup": 20, "dropout": 0.0},
}


@pytest.mark.parametrize("version", sorted(CHANGES))
def test_a_version_learns_to_translate_word_for_word(version, tmp_path):
    made = plan(room("seq2seq"), version, "smoke", {**SMALL, **CHANGES[version]})
    run = Run(made.config, 0, engine.start(matmul="highest"), data=pairs_file(tmp_path))
    result = room("seq2seq").module(f"{version}.train").train(run)
    assert result.metrics["nats_per_token"] < 1.5  # guessing costs 5.7, by frequency 1.8
    assert result.curve.validation[-1] < result.curve.validation[0]
    assert {"bleu_beam2", "bleu_beam12", "bleu_short", "parameters"} <= result.metrics.keys()


def test_dropout_acts_in_training_alone():
    torch.manual_seed(0)
    net = model.Seq2Seq(model.Config(**twins.SIZES, dropout=0.5), twins.SYMBOLS)
    quiet = Evaluated(net)
    a, b = (quiet.scores(twins.SOURCE.numpy(), twins.TARGET.numpy()) for _ in range(2))
    assert torch.equal(a, b)
    a, b = (net.scores(twins.SOURCE, twins.TARGET) for _ in range(2))
    assert not torch.equal(a, b)
