"""`papers predict`: what the committed runs foretell, in words and as JSON, and what is refused."""

from __future__ import annotations

import json

import pytest

from common.commands import cli
from common.commands.predict import foretells
from common.errors import UserError
from common.paper import room
from papers.gpt4 import ask
from papers.gpt4.tests.test_forecast import COMPUTE, recorded
from papers.gpt4.version2 import model

FAR = "3e11"


@pytest.fixture
def papers(monkeypatch, capsys):
    """papers(words) -> exit code, stdout, stderr, with made records in the place of the room's."""

    def run(*words, records=None):
        records = recorded() if records is None else records

        def record(name):
            if name not in records:
                raise UserError(f"gpt4 has no record of {name}.")
            return records[name]

        monkeypatch.setattr(ask, "committed", lambda: record)
        with pytest.raises(SystemExit) as stopped:
            cli.main(["predict", *words])
        return stopped.value.code, *capsys.readouterr()

    return run


def test_it_tells_value_interval_and_law(papers):
    told = model.foretell(*ask.runs(recorded().__getitem__, "bits_per_character"), float(FAR))
    code, out, _ = papers("gpt4", "--compute", FAR)
    assert code == 0 and out.startswith(
        f"bits_per_character  {told.value:.4g}  [{told.low:.4g}, {told.high:.4g}]  "
    )
    found = json.loads(papers("gpt4", "--compute", FAR, "--json")[1])
    assert found["compute"] == float(FAR) and found["paper"] == "gpt4"
    assert found["forecasts"]["bits_per_character"]["value"] == pytest.approx(told.value)
    assert found["forecasts"]["log_pass"]["law"]["c"] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["gpt2", "--compute", "1e12"], "gpt2 foretells no run; these do: gpt4."),
        (["gpt4", "--compute", "0"], "--compute must be a positive number of FLOPs, not 0."),
        (["gpt4", "--compute", "nan"], "positive number of FLOPs, not nan"),
        (["gpt4", "--compute", str(COMPUTE[2])], "2 sizes have less compute than 6.31e+09"),
        (["gpt5", "--compute", "1e12"], "gpt5"),
    ],
)
def test_what_cannot_be_foretold_is_refused(papers, words, told):
    code, _, said = papers(*words)
    assert code == 2 and told in said


def test_without_records_it_says_so(papers):
    code, _, said = papers("gpt4", "--compute", FAR, records={})
    assert code == 2 and "gpt4 has no record of version2-xs" in said


def test_only_rooms_with_forecasts_foretell():
    assert foretells(room("gpt4")) and not foretells(room("gpt3"))
