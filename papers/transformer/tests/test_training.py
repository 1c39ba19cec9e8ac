"""The versions learn, and the mean of their last checkpoints is what they say."""

import pytest

from common.config import plan
from common.paper import room
from common.run import engine
from common.run.training import Run
from papers.transformer.evidence import measures
from tests.translation import pairs_file

SMALL = {"d_model": 32, "d_ff": 64, "heads": 4, "layers": 1, "batch": 80, "warmup": 20}
RATES = {"version1": {"rate": 0.5}, "version2": {"rate": 1.0}, "version3": {"rate": 0.01}}
VERSIONS = pytest.mark.parametrize("version", sorted(RATES))


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    return pairs_file(tmp_path_factory.mktemp("pairs"))


def run_of(version, text, steps, **changes):
    extra = {} if version == "version1" else {"apart": 5, "dropout": 0.1}
    config = {**SMALL, **RATES[version], **extra, "steps": steps, **changes}
    made = plan(room("transformer"), version, "smoke", config)
    return Run(made.config, seed=0, engine=engine.start(matmul="highest"), data=text)


def train(run, version):
    return room("transformer").module(f"{version}.train").train(run)


@VERSIONS
def test_a_version_learns_to_translate_word_for_word(version, text):
    result = train(run_of(version, text, 150), version)
    assert result.metrics["nats_per_token"] < 1.5  # guessing costs 5.7, by frequency 1.8
    assert result.curve.validation[-1] < result.curve.validation[0]
    assert "reference" in result.samples[0]


def test_the_mean_is_that_of_the_last_checkpoints(text):
    import torch

    from papers.transformer.evidence import twins
    from papers.transformer.version2 import model

    config = model.Config(**twins.SIZES, dropout=0.0, steps=6, averaged=2, apart=2, warmup=2)
    net = twins.randomised(model.Transformer(config, twins.SYMBOLS))
    learner, seen = model.Learner(config, net, seed=0), {}
    for i in range(6):
        learner.step(torch.as_tensor(twins.SOURCE), torch.as_tensor(twins.TARGET), i)
        seen[i] = net.embedding.detach().clone()
    learner.average()
    assert torch.allclose(net.embedding, (seen[3] + seen[5]) / 2)


@pytest.mark.slow
def test_the_copy_task_needs_the_warmup():
    assert measures.copying(0, True) < measures.copying(0, False) - 0.2
