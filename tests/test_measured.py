"""Exact and equivalence claims, measured again beside what evidence/verdicts.json says of them."""

import json
from dataclasses import replace

import pytest

from common.data.fetch import NotHere, here_only
from common.evidence.claims import EQUIVALENCE, EXACT, Unmeasured, View, claims_of
from common.evidence.judging import judge_claims
from common.evidence.verdicts import FILE, rounded
from common.paper import rooms
from tests.standing import standing

CLAIMS = [
    (name, claim)
    for name, home in standing().items()
    for claim in claims_of(home)
    if claim.kind in (EXACT, EQUIVALENCE)
]

TRAINED = {"smoothing-unsure": 1e-3}  # by gradients: another processor ends a little elsewhere


@pytest.mark.slow
@pytest.mark.parametrize(("name", "claim"), CLAIMS, ids=[f"{n}-{c.id}" for n, c in CLAIMS])
def test_a_claim_that_needs_no_record_is_as_its_evidence_says(name, claim):
    content = json.loads(rooms()[name].path(FILE).read_bytes())
    told = next(row for row in content["claims"] if row["id"] == claim.id)
    try:
        with here_only():
            found = claim.measure()
    except (NotHere, Unmeasured) as missing:
        pytest.skip(str(missing))
    (row,), _ = judge_claims([replace(claim, measure=lambda: found)], View(""))
    if claim.kind == EQUIVALENCE:  # how large an error below the tolerance is, differs by machine
        row, told = ({**r, "value": None} for r in (row, told))
    row, told = rounded(row), {"value": None, **told}
    assert row.keys() == told.keys()
    for name, value in row.items():
        rounding = 1e-6 if told["expected"] == 0 else None  # float32, another processor
        near = told[name]
        if type(value) is float:
            near = pytest.approx(near, rel=TRAINED.get(claim.id, 1e-5), abs=rounding)
        assert value == near, name
