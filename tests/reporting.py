"""A simulated repository with records of three hardwares and evidence, for the report tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from common.evidence.verdicts import primary_hardware, seal
from common.records.record import read_records, write_json
from tests.factory import HARDWARE, make_room

VARIANTS = {"version1": 2.4, "version2": 2.05, "version2+summed": 2.2, "version2+leak": 2.1}
OTHER = "test-cpu-2t-float32"
HOSTILE = "A | `title` <script>alert(1)</script> [x](javascript:y)"


def make_claim(name: str, kind: str, verdict: str, **changes: Any) -> dict[str, Any]:
    """A row of evidence/verdicts.json's claims."""
    numbers = ("value", "median", "low", "high", "n", "p", "adjusted_p", "detectable", "expected")
    row = {"id": name, "place": "Sec. 1", "sentence": f"{name} is so", "kind": kind}
    row |= {"verdict": verdict, **dict.fromkeys(numbers), "unit": "bits"}
    row |= {"over": "seeds" if kind == "direction" else None}
    return row | {"finding": None, "reason": None, "own": False} | changes


def make_deviation(name: str, **changes: Any) -> dict[str, Any]:
    """A row of evidence/verdicts.json's deviations."""
    row = {"id": name, "title": f"The {name}", "place": "Eq. 2", "paper_says": "one", "kind": "bug"}
    row |= {"code_does": "two", "introduced": "version1", "fixed": "version2", "source": "a thread"}
    row |= {"trained": True, "cost": 0.15, "median": 0.14, "low": 0.11, "high": 0.19, "n": 6}
    row |= {"p": 0.03125, "adjusted_p": 0.0625, "detectable": 0.02, "unit": "bits", "note": ""}
    return row | changes


def write_evidence(root: Path, name: str, claims: list, deviations: list) -> dict[str, Any]:
    """A sealed evidence/verdicts.json for the paper's records as they are."""
    records = read_records(root / "papers" / name)
    primary = primary_hardware(records)
    content = {"paper": name, "hardware": primary, "sources": {}}
    content["records"] = {
        f"{primary}/{r.variant}": r.seal for r in records if r.hardware.name == primary
    }
    content |= {"claims": claims, "deviations": deviations, "pairs": {}}
    content["seal"] = seal(content)
    write_json(root / "papers" / name / "evidence/verdicts.json", content)
    return content


def measured() -> tuple[list, list]:
    """Claims of every kind and deviations, measured and not."""
    figures = {"value": -0.31, "low": -0.35, "high": -0.27, "n": 6, "adjusted_p": 0.04}
    claims = [
        make_claim("clipping", "direction", "reproduced", **figures),
        make_claim("baseline", "direction", "inconclusive", **figures | {"high": 0.1}),
        make_claim("size", "exact", "does not follow", value=124, expected=117, finding="Not so."),
        make_claim("same", "equivalence", "equal within tolerance", value=1e-9, expected=1e-6),
        make_claim("large", "out of reach", "out of reach", reason="needs <b>64</b> | machines"),
    ]
    deviations = [make_deviation("leak", cost=0.05, low=0.02, high=0.08), make_deviation("summed")]
    unmeasured = dict.fromkeys(("cost", "median", "low", "high", "n", "p", "adjusted_p"))
    note = "not measured here. A note"
    return claims, [*deviations, make_deviation("old", kind="choice", note=note, **unmeasured)]


def make_repository(root: Path, **changes: Any) -> Path:
    """Two papers, `alpha` with evidence on two hardwares and `beta` building on it."""
    make_room(root, "alpha", VARIANTS, (HARDWARE, OTHER), **{"title": HOSTILE} | changes)
    make_room(root, "beta", ("version1", "version2"), cites=("alpha",), **changes)
    write_evidence(root, "alpha", *measured())
    (root / "docs").mkdir(exist_ok=True)
    (root / "docs/glossary.md").write_text("# Glossary\n")
    (root / "README.md").write_text("before\n<!-- results:begin -->\n<!-- results:end -->\nafter\n")
    return root
