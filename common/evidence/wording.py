"""How a verdict is told: what held, what did not, what is open. Light: the command line reads it.

`claims.py` gives the verdicts. A goal of our own is no claim of anybody: it is met or missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

HELD, NOT, OPEN, MET, MISSED = "held", "not", "open", "met", "missed"
SUMMED = {
    "holds": HELD,
    "equal within tolerance": HELD,
    "reproduced": HELD,
    "inside": HELD,
    "does not follow": NOT,
    "not equal": NOT,
    "not reproduced": NOT,
    "outside": NOT,
}
GOALS = {HELD: MET, NOT: MISSED}


SEEDS = "seeds"  # what a claim is judged over where nothing else is said


def counted(n: int, over: str | None = None) -> str:
    """ "312 documents", "8 seeds", "1 seed"."""
    words = over or SEEDS
    return f"{n:,} {singular(words) if n == 1 else words}"


def singular(words: str) -> str:
    """ "seed" for "seeds", "query" for "queries"."""
    return f"{words[:-3]}y" if words.endswith("ies") else words.removesuffix("s")


def summed(row: Mapping[str, Any]) -> str:
    """held, not or open for a claim of the paper; met, missed or open for a goal of our own."""
    found = SUMMED.get(row["verdict"], OPEN)
    return GOALS.get(found, found) if row["own"] else found


def told(row: Mapping[str, Any]) -> str:
    """The verdict in full; a goal is met or missed where it was decided."""
    found = summed(row)
    return found if row["own"] and found != OPEN else row["verdict"]


def tally(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """held, not and open of the paper's claims (always all three), then met, missed of goals.

    A goal that is open counts as missed: it was not reached.
    """
    counts = Counter(MISSED if r["own"] and summed(r) == OPEN else summed(r) for r in rows)
    goals = {name: counts[name] for name in (MET, MISSED) if counts[MET] + counts[MISSED]}
    return {name: counts[name] for name in (HELD, NOT, OPEN)} | goals


def claims(counts: Mapping[str, int]) -> str:
    """ "9 held · 1 not · 1 open"; "" where there are no claims."""
    return _joined(counts, (HELD, NOT, OPEN), always=any(counts[n] for n in (HELD, NOT, OPEN)))


def goals(counts: Mapping[str, int]) -> str:
    """ "4 met · 1 missed"; "" where there are no goals."""
    return _joined(counts, (MET, MISSED))


def _joined(counts: Mapping[str, int], names: Iterable[str], always: bool = False) -> str:
    return " · ".join(f"{counts.get(n, 0)} {n}" for n in names if always or counts.get(n))
