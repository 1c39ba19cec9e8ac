"""The versions learn, and version 2 reads on from chunk to chunk."""

import pytest
import torch
import torch.nn.functional as F

from common.run.engine import Masters
from papers.gru.version2 import model
from tests.exams import run_of, train, verse


@pytest.mark.parametrize(("version", "steps"), [("version1", 600), ("version2", 80)])
def test_a_version_learns_a_text_that_repeats(version, steps, tmp_path):
    result = train("gru", version, run_of("gru", version, verse(tmp_path), steps=steps))
    assert result.metrics["bits_per_character"] < 3.5  # guessing costs 4.8
    assert result.curve.validation[-1] < result.curve.validation[0]


def test_chunks_are_read_as_the_text_that_they_are():
    """At a rate of zero the losses of all chunks are that of the text, read at once."""
    config = model.Config(hidden=8, sequence=5, batch=3, learning_rate=0.0, input_std=1.0)
    torch.manual_seed(0)
    net, rows = model.GRU(config, 6), torch.randint(6, (3, 31))
    scores, _ = net(rows[:, :-1])
    whole = F.cross_entropy(scores.flatten(0, 1), rows[:, 1:].flatten()).item()
    learner = model.Learner(config, net, Masters(net.parameters()))
    losses = [learner.step(rows, i).item() for i in range(6)]
    assert sum(losses) / 6 == pytest.approx(whole, rel=1e-5)
