"""Claims: verdicts, the family, and what is refused."""

import math

import pytest

from common.errors import UserError
from common.evidence.claims import Claim, Exact, Pair, Unmeasured, View
from common.evidence.judging import judge_claims
from tests.factory import make_record, make_records


def claim(kind="exact", measure=lambda: Exact(1, 1), **changes) -> Claim:
    return Claim(
        **{"id": "c", "place": "Eq. 1", "sentence": "s", **changes}, kind=kind, measure=measure
    )


def direction(pair: Pair, name: str = "c") -> Claim:
    return claim("direction", lambda view: pair, id=name)


def verdicts(*claims: Claim, view: View | None = None) -> list[str]:
    rows, _ = judge_claims(claims, view or View("bits_per_character"))
    return [row["verdict"] for row in rows]


def pair(n: int, effect: float, sign: int = -1) -> Pair:
    """Differences around `effect` that vary a little from seed to seed."""
    noise = {seed: 0.01 * ((7 * seed) % 5 - 2) for seed in range(n)}
    return Pair({s: 2 + effect + noise[s] for s in noise}, dict.fromkeys(noise, 2.0), sign)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"place": ""}, "claim 'c' has no place"),
        ({"sentence": " "}, "claim 'c' has no sentence"),
        ({"id": "No 1"}, "id is lower case"),
        ({"kind": "exakt"}, "Did you mean 'exact'"),
        ({"measure": None}, "needs one function"),
        ({"experiment": lambda seeds: None}, "needs one function"),
        ({"kind": "out of reach", "measure": None}, "has no reason"),
        ({"kind": "out of reach", "reason": "too big"}, "out of reach and yet measures"),
        ({"measure": None, "experiment": lambda seeds: None}, "only a direction claim"),
    ],
)
def test_incomplete_claims_are_refused(changes, words):
    with pytest.raises(UserError, match=words):
        claim(**changes)


def test_exact_claims():
    values = [Exact(12, 12), Exact(1.05, 1.0, 0.1), Exact("a", "b"), Exact(math.nan, 1.0, 9.0)]
    told = [claim(measure=lambda v=v: v, id=f"c{i}") for i, v in enumerate(values)]
    assert verdicts(*told) == ["holds", "holds", "does not follow", "does not follow"]


def test_a_claim_must_return_what_its_kind_says():
    with pytest.raises(UserError, match="claim 'c' is exact: it must return Exact, not 3"):
        verdicts(claim(measure=lambda: 3))
    with pytest.raises(UserError, match="sign must be -1 or 1"):
        Pair({0: 1.0}, {0: 2.0}, 0)


def test_an_error_in_a_measure_names_the_claim():
    with pytest.raises(ZeroDivisionError) as caught:
        verdicts(claim(measure=lambda: 1 / 0))
    assert caught.value.__notes__ == ["while measuring claim 'c'"]
    with pytest.raises(UserError, match="claim 'c', better.* misses seed 1"):
        verdicts(direction(Pair({0: 1.0}, {0: 2.0, 1: 2.0}, -1)))


def test_direction_claims():
    assert verdicts(direction(pair(8, -1.0))) == ["reproduced"]
    assert verdicts(direction(pair(8, 1.0))) == ["not reproduced"]
    assert verdicts(direction(pair(8, 1.0, sign=1))) == ["reproduced"]
    assert verdicts(direction(pair(5, -1.0))) == ["too few seeds"]
    assert verdicts(
        direction(Pair({s: 2.0 + (-1) ** s for s in range(8)}, pair(8, 0).worse, -1))
    ) == ["inconclusive"]


def test_the_family_is_all_direction_claims_measured_or_not():
    """Six seeds carry one direction claim and not two: p = 2/64, twice that is above 0.05."""

    def missing(view):
        raise Unmeasured("not measured", "no record")

    assert verdicts(direction(pair(6, -1.0))) == ["reproduced"]
    assert verdicts(direction(pair(6, -1.0)), claim("direction", missing, id="d")) == [
        "too few seeds",
        "not measured",
    ]


def test_view():
    records = {r.variant: r for r in make_records()}
    view = View("bits_per_character", records)
    run = records["version1"].seeds[2]
    assert view.values("version1")[2] == run.metrics["bits_per_character"]
    assert view.values("version1", "parameters") == dict.fromkeys(range(6), 12345.0)
    assert view.curve("version1", 10**9)[2] == run.curve.validation[-1]
    assert view.curve("version1", 10**9)[2] < view.curve("version1", 300)[2]
    assert view.constant(2.5, view.values("version1")) == dict.fromkeys(range(6), 2.5)
    with pytest.raises(UserError, match="no metric 'bits_per_charcter'. Did you mean"):
        view.values("version1", "bits_per_charcter")
    assert verdicts(claim("direction", lambda v: v.record("version3")), view=view) == [
        "not measured"
    ]


def test_diverged_runs_need_a_stand_in():
    record = make_record()
    lost = record.seeds[3].model_copy(update={"metrics": {"bits_per_character": None}})
    record = record.model_copy(update={"seeds": [*record.seeds[:3], lost, *record.seeds[4:]]})
    view = View("bits_per_character", {"version1": record})
    assert view.values("version1", diverged=6.02)[3] == 6.02
    told = claim("direction", lambda v: Pair(v.values("version1"), {}, -1))
    (row,), _ = judge_claims([told], view)
    assert (row["verdict"], row["reason"]) == ("inconclusive", "version1 diverged at seed 3")
