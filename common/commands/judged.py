"""`papers claims` and `papers deviations`: what held, and what each mistake costs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Annotated, Any

import typer

from common.commands.overview import measured, print_json, recorded, table, wrap
from common.errors import UserError, nearest
from common.evidence import wording as verdicts
from common.paper import Room, room

Row = dict[str, Any]
Paper = Annotated[str | None, typer.Argument(metavar="PAPER", help="All papers if left out.")]
One = Annotated[str | None, typer.Argument(metavar="ID", help="Show this one in full.")]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable.")]
BETTER = {-1: "lower is better", 1: "higher is better"}
CLAIM_KINDS = ("exact", "equivalence", "direction", "prediction", "out of reach")
GROUPS = (verdicts.HELD, verdicts.NOT, verdicts.OPEN, verdicts.MET, verdicts.MISSED)
UNDECIDED = ("inconclusive", "not measured", "not run yet", "one observation", "out of reach")
UNDECIDED += ("too few pairs", "too few seeds")


def claims(
    paper: Paper = None,
    name: One = None,
    verdict: Annotated[
        str | None,
        typer.Option(help="Only these: held, not, open, met, missed, or a verdict in full."),
    ] = None,
    kind: Annotated[str | None, typer.Option(help=f"Only these: {', '.join(CLAIM_KINDS)}.")] = None,
    json: Json = False,
) -> None:
    """Show what papers claim, what we measured, and whether it held."""
    from common.evidence.verdicts import rows_claims

    _known("verdict", verdict, (*GROUPS, *verdicts.SUMMED, *UNDECIDED))
    _known("kind", kind, CLAIM_KINDS)
    if paper and name:
        _print_one(_claim(_one(room(paper), "claims", name)), json)
        return
    rows = [] if paper and unjudged(room(paper)) else rows_claims(paper)
    signs = {home: _signs(room(home)) for home in dict.fromkeys(row["paper"] for row in rows)}
    rows = [row | {"better": signs[row["paper"]].get(row["id"])} for row in rows]
    chosen = [
        row
        for row in rows
        if verdict in (None, row["verdict"], verdicts.summed(row)) and kind in (None, row["kind"])
    ]
    _print_rows("claims", paper, chosen, bool(verdict or kind), json)


def deviations(
    paper: Paper = None,
    name: One = None,
    kind: Annotated[
        str | None, typer.Option(help="Only these: bug, choice, modernisation.")
    ] = None,
    json: Json = False,
) -> None:
    """Show where code departs from the paper, and what each mistake costs."""
    from common.evidence.verdicts import rows_deviations

    _known("kind", kind, ("bug", "choice", "modernisation"))
    if paper and name:
        _print_one(_deviation(_one(room(paper), "deviations", name)), json)
        return
    rows = [] if paper and unjudged(room(paper)) else rows_deviations(paper)
    rows.sort(key=lambda row: (row["paper"], row["cost"] is None, -(row["cost"] or 0.0)))
    told = {home: _told(room(home)) for home in dict.fromkeys(row["paper"] for row in rows)}
    rows = [row | told[row["paper"]][row["id"]] for row in rows]
    chosen = [row for row in rows if kind in (None, row["kind"])]
    _print_rows("deviations", paper, chosen, bool(kind), json)


def _known(what: str, given: str | None, known: tuple[str, ...]) -> None:
    if given is not None and given not in known:
        raise UserError(f"no {what} {given!r}; there are {', '.join(known)}.")


def unjudged(home: Room) -> bool:
    """Has nothing been run here, and nothing been judged?"""
    return not home.path("evidence/verdicts.json").is_file() and not recorded(home)


def _signs(home: Room) -> dict[str, str]:
    """Claim -> "lower is better" or "higher is better", of direction claims that were measured."""
    from common.evidence.verdicts import FILE, load_evidence

    pairs = load_evidence(home.path(FILE))["pairs"]
    return {name: BETTER[pair["sign"]] for name, pair in pairs.items()}


def _told(home: Room) -> dict[str, Row]:
    """Deviation -> what the paper says and what the code does."""
    from common.evidence.verdicts import FILE, load_evidence

    rows = load_evidence(home.path(FILE))["deviations"]
    return {row["id"]: {k: row[k] for k in ("paper_says", "code_does")} for row in rows}


def _one(home: Room, part: str, name: str) -> Row:
    """The whole row of that id, with the values behind it. UserError with the nearest id."""
    from common.evidence.verdicts import FILE, load_evidence

    content = load_evidence(home.path(FILE))
    found = {row["id"]: row for row in content[part]}
    if name not in found:
        raise UserError(f"'{home.name}' has no {part[:-1]} {name!r}." + nearest(name, found))
    return {"paper": home.name, **found[name], "pair": content["pairs"].get(name)}


# -- lists --------------------------------------------------------------------------------------


def _print_rows(part: str, paper: str | None, rows: list[Row], chosen: bool, json: bool) -> None:
    from rich.console import Console

    if json:
        print_json(rows)
    elif not rows and paper and unjudged(room(paper)):
        print(f"no {part} judged yet: papers reproduce {paper}")
    elif not rows:
        print(f"no such {part}." if chosen else f"no {part} yet.")
    else:
        console = Console()
        for name, of_paper in groupby(rows, key=lambda row: row["paper"]):
            if console.is_terminal:
                print("\n".join(_blocks(part, name, list(of_paper), console.width)))
            else:
                _table(part, name, list(of_paper))


def _blocks(part: str, paper: str, rows: list[Row], width: int) -> Iterator[str]:
    """For a terminal: the sentence of each under its id and what came out."""
    if part == "claims":
        counts = verdicts.tally(rows)
        told = [verdicts.claims(counts), verdicts.goals(counts)]
        yield f"{paper}: {'; goals: '.join(filter(None, told))}".replace(": ;", ":")
    else:
        yield from wrap(f"{paper}: cost in {rows[0]['unit']}, more is worse", width)
    for row in rows:
        yield ""
        if part == "claims":
            yield from wrap(f"{row['id']}: {verdicts.told(row)}", width)
            yield from wrap(row["sentence"], width, "  ")
            yield from wrap(_answer(row), width, "  ")
        else:
            yield from wrap(f"{row['id']}: {_cost(row)} ({row['kind']})", width)
            yield from wrap(f"{row['title']}. {row['code_does']}", width, "  ")
    yield ""
    yield from wrap(f"One in full: papers {part} {paper} {rows[0]['id']}", width)


def _table(part: str, paper: str, rows: list[Row]) -> None:
    """For a pipe: one line each."""
    if part == "claims":
        header = ["id", "verdict", "sentence", "measured", "expected", "better", "n", "place"]
        cells = [
            {
                **row,
                "verdict": verdicts.told(row),
                "measured": told_value(row),
                "n": row["n"] and verdicts.counted(row["n"], row["over"]),
            }
            for row in rows
        ]
        title = paper
    else:
        header = ["id", "kind", "cost", "title", "code_does", "n", "place"]
        cells = [{**row, "cost": _cost(row)} for row in rows]
        title = f"{paper}: cost in {rows[0]['unit']}, more is worse"
    table(title, header, [["-" if c[h] in (None, "") else c[h] for h in header] for c in cells])


def _answer(row: Row) -> str:
    """What was expected, what is better, what was measured; "" for what is out of reach."""
    found = told_value(row)
    if row["verdict"] == "out of reach" or found == "-":
        return row["reason"] or ""
    if row["kind"] == "prediction":
        return f"{found}; {foretold(row)}"
    if row["kind"] == "equivalence":
        return f"worst error {row['value']:.2g}, tolerance {row['expected']:.2g}"
    if row["kind"] == "direction":
        expected = ", ".join(filter(None, (row["expected"], row["better"])))
        named = row["over"] not in (None, verdicts.SEEDS)
        over = f", over {verdicts.counted(row['n'], row['over'])}" if named else ""
        return f"{expected}: {found}{over}" if row["better"] else found
    if isinstance(row["value"], bool):
        return "it is so" if row["value"] else "it is not so"
    same = row["expected"] in (None, "", row["value"])
    return found if same else f"{found}, the paper: {plain(row['expected'])}"


def told_value(row: Row) -> str:
    """What was measured. A prediction's interval is not that of its outcome."""
    without = {"low": None} if row["kind"] == "prediction" else {}
    return measured(row | without, "value", row["unit"])


def foretold(row: Row) -> str:
    """ "predicted 3.21 [3.1, 3.3]"."""
    return f"predicted {measured(row, 'expected')}"


def plain(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _cost(row: Row) -> str:
    """A cost with its sign and interval, or why there is none."""
    if row["cost"] is None:
        return (row["note"] or "").partition(". ")[0] or "not measured"
    sign = "+" if row["cost"] > 0 else ""
    return sign + measured(row, "cost")


# -- one in full --------------------------------------------------------------------------------


def _claim(row: Row) -> Row:
    from common.evidence.pairs import sides

    pair = row["pair"] or {}
    means = [sum(side) / len(side) for side in sides(pair)] if pair else []
    return row | {
        "told": {
            "": row["sentence"],
            "verdict": verdicts.told(row),
            "expected": _expected(row, pair.get("sign")),
            "measured": told_value(row),
            "means": f"{means[0]:.4g} against {means[1]:.4g}" if means else "",
            "over": verdicts.counted(row["n"], row.get("over")) if row["n"] else "",
            "p": f"{row['adjusted_p']:.3g}, adjusted by Holm" if row["adjusted_p"] else "",
            "detectable": f"{row['detectable']:.2g} with 80% power" if row["detectable"] else "",
            "kind": "a goal of our own" if row["own"] else row["kind"],
            "place": row["place"],
            "note": " ".join(filter(None, (row["finding"], row["reason"]))),
        }
    }


def _expected(row: Row, sign: int | None) -> str:
    if row["expected"] is None:
        return BETTER[sign] if sign else ""
    if row["kind"] == "prediction":
        return foretold(row)
    better = f", {BETTER[sign]}" if sign else ""
    return f"{plain(row['expected'])}{better}"


def _deviation(row: Row) -> Row:
    lived = f"{row['introduced']} to {row['fixed'] or 'now'}" if row["introduced"] else "no version"
    return row | {
        "told": {
            "": row["title"],
            "cost": f"{_cost(row)} {row['unit'] or ''}".strip(),
            "seeds": row["n"],
            "p": f"{row['adjusted_p']:.3g}, adjusted by Holm" if row["adjusted_p"] else "",
            "the paper": row["paper_says"],
            "the code": row["code_does"],
            "kind": row["kind"],
            "in": lived,
            "place": row["place"],
            "source": row["source"],
            "note": row["note"],
        }
    }


def _print_one(row: Row, json: bool) -> None:
    from rich.console import Console

    told = row.pop("told")
    if json:
        print_json(row)
        return
    width = Console().width
    print("\n".join(wrap(f"{row['paper']} {row['id']}", width)))
    print("\n".join(wrap(told.pop(""), width)))
    print()
    for name, value in told.items():
        if value not in (None, ""):
            first, *rest = wrap(str(value), width, " " * 12)
            print(f"{name:<12}{first[12:]}", *rest, sep="\n")
