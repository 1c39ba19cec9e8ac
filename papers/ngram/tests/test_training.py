"""Runs of both versions: what was counted makes the next part cheaper."""

import pytest

from papers.ngram.evidence import experiments
from tests.exams import run_of, train, verse


@pytest.mark.parametrize("version", ["version1", "version2"])
def test_repetition_is_learned(version, tmp_path):
    run = run_of("ngram", version, verse(tmp_path), share=1.0, steps=8)
    result = train("ngram", version, run)
    assert result.curve.loss[-1] < 0.5 * result.curve.loss[0]
    assert result.curve.validation[-1] < 1.5


def test_more_steps_than_lines_do_no_harm(tmp_path):
    run = run_of("ngram", "version2", verse(tmp_path), share=0.1, steps=40)
    assert train("ngram", "version2", run).metrics["sum_of_p"] == pytest.approx(1)


def test_articles_are_held_out_whole(monkeypatch):
    made = {f"t{i}": f"a b c {i}\nd e f\n" for i in range(8)}
    monkeypatch.setattr(experiments, "articles", lambda: made)
    counted, held, symbols = experiments.texts.__wrapped__("words")
    assert list(held) == ["t3", "t7"] and symbols == 3 + 6 + 6
    assert (counted == 0).sum() == 12 and all((text == 2).sum() == 1 for text in held.values())
