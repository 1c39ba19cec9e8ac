"""Runs of both versions: merges pay, and where no pair is left, nothing happens."""

import pytest

from tests.exams import run_of, train

VERSIONS = ["version1", "version2"]
SMALL = {"merges": 40, "share": 0.5}


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    path = tmp_path_factory.mktemp("text") / "verse.txt"
    lines = [f"the {a} {b} runs away, and the {b} is {a}." for a in ("quick", "brown", "lazy")
             for b in ("fox", "dog", "hen", "cat")]  # fmt: skip
    path.write_text("\n".join(lines * 20))
    return str(path)


@pytest.mark.parametrize("version", VERSIONS)
def test_merges_pay(version, text):
    result = train("bpe", version, run_of("bpe", version, text, **SMALL))
    assert result.metrics["round_trip"] == 1
    assert result.curve.validation[-1] < result.curve.validation[0]
    assert result.curve.loss == sorted(result.curve.loss, reverse=True)
    assert result.metrics["bytes_per_token"] > 1.5
    assert "|" in result.samples[0]


@pytest.mark.parametrize("version", VERSIONS)
def test_more_steps_than_merges_do_no_harm(version, text):
    """When no pair is left, the loss stays what it is."""
    result = train("bpe", version, run_of("bpe", version, text, **{**SMALL, "merges": 400}))
    assert result.curve.loss[-1] == result.curve.loss[-3]
