"""The versions learn."""

import pytest

from tests.exams import run_of, train, verse


@pytest.mark.parametrize(
    ("version", "steps"), [("version1", 150), ("version2", 80), ("version3", 80)]
)
def test_a_version_learns_a_text_that_repeats(version, steps, tmp_path):
    result = train("mamba", version, run_of("mamba", version, verse(tmp_path), steps=steps))
    assert result.metrics["bits_per_character"] < 3.5  # guessing costs 4.8
    assert result.curve.validation[-1] < result.curve.validation[0]
