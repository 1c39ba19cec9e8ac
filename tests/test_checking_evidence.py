"""Doctored evidence: sealed anew, and yet named for what it is."""

from __future__ import annotations

import pytest

from common.commands.checking.evidence import evidence_problems
from common.paper import find_root, rooms
from tests.doctored import PLACE, forge_evidence, problems


def row(content, part, name):
    return next(row for row in content[part] if row["id"] == name)


def claim(name, **fields):
    return lambda content: row(content, "claims", name).update(fields)


def scaled_pair(content):
    side = content["pairs"]["beats-ngrams"]["better"]
    side.update({seed: round(value / 2, 5) for seed, value in side.items()})


EVIDENCE = {
    "a verdict": (claim("word-boundaries", verdict="not reproduced"), "has the verdict 'not repr"),
    "a verdict on trained values": (
        claim("temporal-xor", verdict="inconclusive"),
        "claim 'temporal-xor' has the verdict 'inconclusive', computed again 'reproduced'",
    ),
    "an exact verdict": (
        claim("parameters", verdict="does not follow"),
        "is called 'does not follow'",
    ),
    "a worst error": (claim("elman-network", value=1e9), "is called 'equal within tolerance'"),
    "a sentence": (claim("beats-ngrams", sentence="It is best."), "has the sentence 'It is best.'"),
    "an exact sentence": (
        claim("parameters", sentence="So."),
        "another sentence than in claims.py",
    ),
    "a claim left out": (lambda e: e["claims"].pop(), "other claims than claims.py"),
    "a cost": (
        lambda e: row(e, "deviations", "summed_loss").update(cost=9.0),
        "deviation 'summed_loss' has the cost 9.0, computed again",
    ),
    "Holm's p": (
        lambda e: row(e, "deviations", "summed_loss").update(adjusted_p=1e-6),
        "has the adjusted_p 1e-06, computed again",
    ),
    "a rung left out": (lambda e: e["deviations"].pop(0), "other deviations than deviations.py"),
    "values": (scaled_pair, "values behind its verdicts are not those of the records"),
    "values of fewer seeds": (
        lambda e: e["pairs"]["temporal-xor"]["better"].pop("3"),
        "does not hold the values of claim 'temporal-xor' for every seed",
    ),
    "another hardware": (
        lambda e: e.update(hardware=PLACE.replace("-1t-", "-2t-")),
        f"rests on {PLACE.replace('-1t-', '-2t-')}, but most records are of {PLACE}",
    ),
    "a record left out": (lambda e: e["records"].popitem(), "does not rest on the records of"),
    "no sources": (lambda e: e.update(sources={}), "its sources should not differ in common/"),
    "a source that climbs": (
        lambda e: e["sources"].update({"../../etc/passwd": "0" * 64}),
        "evidence/verdicts.json is damaged at sources",
    ),
    "no rows": (lambda e: e.pop("claims"), "evidence/verdicts.json is damaged at claims"),
}


@pytest.mark.parametrize("done", EVIDENCE)
def test_doctored_evidence_is_named(room_copy, done):
    edit, said = EVIDENCE[done]
    forge_evidence(room_copy, edit)
    found = problems(room_copy)
    assert said in found and "run `python -m common.evidence rnn`" in found, found


def test_evidence_that_was_measured_on_data_is_checked_where_the_data_is_not(tmp_path, monkeypatch):
    monkeypatch.setenv("PAPERS_DATA", str(tmp_path))
    notes = []
    assert list(evidence_problems(find_root(), rooms()["transformer"], notes.append)) == []
    assert "multi30k is not here" in notes[0]
