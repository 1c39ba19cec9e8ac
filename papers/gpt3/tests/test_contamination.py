"""What of a test stands in the training text; the table of sizes; the fit."""

import numpy as np
import pytest

from papers.gpt3.evidence import measures
from papers.gpt3.version1 import model as model1
from papers.gpt3.version2 import model as model2

SEEN = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"


@pytest.mark.parametrize("model", [model1, model2], ids=["version1", "version2"])
@pytest.mark.parametrize(("start", "end", "found"), [(0, 13, True), (2, 15, True), (3, 15, False)])
def test_thirteen_words_in_a_row_are_found(model, start, end, found):
    words = SEEN.split()
    example = " ".join(["what", *words[start:end], "then"])
    assert list(model.contaminated([example], SEEN)) == [
        " ".join(words[start : start + 13]) if found else None
    ]


def test_words_that_are_not_in_a_row_are_not_found():
    words = SEEN.split()
    broken = " ".join([*words[:7], "and", *words[7:]])
    assert list(model2.contaminated([broken, "", "..."], SEEN)) == [None] * 3


def test_what_version1_lets_pass():
    shouted, short = SEEN.upper().replace(" ", ", "), "four five six"
    assert list(model1.contaminated([shouted, short], SEEN)) == [None, None]
    assert all(model2.contaminated([shouted, short], SEEN))


def test_the_table_and_its_two_findings():
    assert measures.heads_fill_the_width().value == 6
    assert measures.heads_fill_the_width().note == (
        "xl: 24 x 128 = 3,072, not 2,048; 13b: 40 x 128 = 5,120, not 5,140"
    )
    assert measures.formula().value == 0
    assert [name for name in measures.TABLE if not agrees(measures.count(name))] == [
        "medium",  # 356M
        "175b",  # 174.6B
    ]
    assert measures.parameters("small") == 125_226_240


def agrees(found):
    return found.value == found.expected


def test_a_power_law_is_fitted_exactly_and_another_law_is_not():
    compute = np.array([1.0, 3.0, 10.0, 40.0, 200.0])
    slope, r2, residuals = measures.fitted(compute, 2.57 * compute**-0.05)
    assert slope == pytest.approx(-0.05) and r2 == pytest.approx(1)
    assert np.abs(residuals).max() < 1e-9
    assert measures.fitted(compute, 3 - 0.01 * compute)[1] < 0.9


def test_shots_are_compared_over_both_kinds_of_tasks():
    """Of the larger size, and of the smallest, which is no better at anything."""
    found = {"recall_7": 0.9, "linear_7": 0.75, "recall_0": 0.25, "linear_0": 0.25}

    class View:
        def values(self, variant, metric):
            return {5: found[metric] if variant == "version2" else 0.25}

    shots, sizes = measures.more_shots(View(), 7, 0), measures.larger_gain_more(View())
    assert (shots.better, shots.worse) == ({5: 1.65}, {5: 0.5})
    assert (sizes.better, sizes.worse) == ({5: pytest.approx(1.15)}, {5: 0})
