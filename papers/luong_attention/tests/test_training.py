"""The versions learn, and a checkpoint answers."""

import pytest

from papers.luong_attention.evidence import experiments
from tests.exams import run_of, train
from tests.translation import pairs_file

SIZES = {"hidden": 32, "width": 32, "layers": 1, "batch": 80, "clip": 5.0}
RATES = {
    "version1": {"rate": 0.5, "bound": 0.3, "steps": 100},
    "version2": {"rate": 0.02, "warmup": 10, "dropout": 0.1, "steps": 100},
}


@pytest.mark.parametrize("version", sorted(RATES))
def test_a_version_learns_to_translate_word_for_word(version, tmp_path):
    run = run_of("luong_attention", version, pairs_file(tmp_path), **SIZES, **RATES[version])
    result = train("luong_attention", version, run)
    assert result.metrics["nats_per_token"] < 1.8  # guessing costs 5.7
    assert result.curve.validation[-1] < result.curve.validation[0]


@pytest.mark.slow
def test_each_window_copies_and_reverses_as_it_can():
    nats = {
        (task, window): experiments.nats(task, window, 100)
        for task in ("copy", "reverse")
        for window in ("global", "local-m", "local-p")
    }
    assert nats["copy", "local-m"] < nats["copy", "global"]
    assert nats["reverse", "local-m"] > 1.5 > nats["reverse", "global"]
    assert nats["reverse", "local-p"] < 1.5
    assert experiments.aligned("reverse", "global", 100) > 0.6
