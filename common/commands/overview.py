"""Tables of what there is: papers, versions, records, verdicts. No numbers are computed here."""

from __future__ import annotations

import json as json_module
import textwrap
from collections import Counter
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.commands.doors import doors
from common.errors import UserError
from common.evidence import wording as verdicts
from common.paper import Room, find_root, order, room, rooms

if TYPE_CHECKING:
    from common.records.record import Record

KEPT_WHOLE = ("paper", "id", "kind", "variant", "version", "hardware", "claims", "started")
GAP = 2  # between columns
ROOMY = 40  # columns of the terminal that a cell of several words should have
TOGETHER = "\xa0"  # a blank at which a line is broken only where it must be


def table(title: str, header: list[str], rows: list[list[Any]], spare: tuple[str, ...] = ()):
    """Print a table; cells are plain text, never markup. In a pipe, each row is one line.

    spare: columns that a narrow terminal goes without, those with the same in all rows first,
    then the first; --json has them.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    columns = {name: [str(row[i]) for row in rows] for i, name in enumerate(header)}
    widths = fit(columns, console.width if console.is_terminal else None, spare)
    whole = sum(widths.values()) + GAP * len(widths)
    if not console.is_terminal:
        console.width = max(whole, len(title))
    drawn = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, GAP - 1, 0, 0))
    for name, width in widths.items():
        drawn.add_column(fold(name, width), width=width, overflow="fold")
    for i in range(len(rows)):
        drawn.add_row(*(Text(fold(columns[name][i], width)) for name, width in widths.items()))
    if title:
        console.print(Text(title))
    console.print(drawn)
    if absent := [name for name in header if name not in widths]:
        told = ", ".join(_absent(name, columns[name]) for name in absent)
        console.print(Text(f"too narrow for: {told}; --json shows everything.\n"))


def _absent(name: str, cells: list[str]) -> str:
    """A column that is left out; what all its rows say is told."""
    return f"{name} ({cells[0]} in all rows)" if len(set(cells)) == 1 else name


def fit(
    columns: dict[str, list[str]], limit: int | None, spare: tuple[str, ...] = ()
) -> dict[str, int]:
    """Column -> width. Without a limit as wide as its cells are; columns may be left out."""
    natural = {name: max(map(len, (name, *cells))) for name, cells in columns.items()}
    if limit is None:
        return natural
    roomy = {n: w if n in KEPT_WHOLE else min(w, ROOMY) for n, w in natural.items()}
    for name in sorted(spare, key=lambda name: len(set(columns[name])) > 1):
        if sum(roomy.values()) + GAP * len(roomy) > limit:
            del roomy[name]
    widths = {name: natural[name] for name in roomy}
    least = {n: w if n in KEPT_WHOLE else _longest_word(n, columns[n]) for n, w in widths.items()}
    while sum(widths.values()) + GAP * len(widths) > limit:
        loose = [name for name in widths if widths[name] > least[name]]
        if not loose:  # too narrow for whole words: rich folds within them
            break
        widths[max(loose, key=widths.__getitem__)] -= 1
    return widths


def _longest_word(name: str, cells: list[str]) -> int:
    return max(len(word) for text in (name, *cells) for word in text.split())


def fold(text: str, width: int) -> str:
    """The text in lines of at most `width`, broken at blanks."""
    if max(map(len, text.split(" "))) > width:
        text = text.replace(TOGETHER, " ")
    lines = [textwrap.wrap(line, width, break_on_hyphens=False) for line in text.split("\n")]
    return "\n".join(part for line in lines for part in line).replace(TOGETHER, " ")


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """The text in lines of at most `width`, broken at blanks; an interval stays together."""
    room_ = max(width, len(indent) + max(map(len, text.split()), default=0))
    lines = textwrap.wrap(
        text,
        room_,
        initial_indent=indent,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )
    return [line.replace(TOGETHER, " ") for line in lines]


def say(text: str, indent: str = "") -> None:
    """Print a sentence: folded on a terminal, one line in a pipe."""
    from rich.console import Console

    console = Console()
    lines = wrap(text, console.width, indent) if console.is_terminal else [indent + text]
    print("\n".join(lines))


def print_json(content: Any) -> None:
    print(json_module.dumps(content, indent=2, ensure_ascii=False))


def judged(home: Room) -> list[dict[str, Any]]:
    """The claims as verdicts.json has them, [] before there is one. UserError if it is damaged."""
    from common.evidence.verdicts import FILE, load_evidence

    path = home.path(FILE)
    return load_evidence(path)["claims"] if path.is_file() else []


def recorded(home: Room) -> list[tuple[str, str]]:
    """(hardware, variant) of every record of the paper, by the files' names."""
    return [(path.parent.name, path.stem) for path in sorted(home.folder.glob("runs/*/*.json"))]


def outline(home: Room) -> dict[str, Any]:
    """What `papers list` tells of a paper; `damaged` says what is wrong with its evidence."""
    paper, damaged, claims = home.paper, "", []
    try:
        claims = judged(home)
    except UserError as error:
        damaged = str(error)
    return {
        "paper": home.name,
        "title": paper.title,
        "year": paper.year,
        "versions": list(paper.versions),
        "verdicts": dict(sorted(Counter(claim["verdict"] for claim in claims).items())),
        "summary": verdicts.tally(claims),
        "hardware": sorted({hardware for hardware, _ in recorded(home)}),
        **({"damaged": damaged} if damaged else {}),
    }


def print_list(json: bool) -> None:
    """All papers; one whose evidence is damaged is marked, and the mend told below."""
    found = [outline(home) for home in rooms().values()]
    damaged = {f["paper"]: f["damaged"] for f in found if "damaged" in f}
    if json:
        print_json(found)
        return
    header, told = ["paper", "title", "versions", "claims"], []
    for f in found:
        cell = "damaged" if f["paper"] in damaged else counted(f["summary"])
        told.append([f["paper"], f"{f['title']}, {f['year']}", len(f["versions"]), cell])
    table("", header, told, spare=("versions",))
    for message in damaged.values():
        print(message)


def counted(counts: dict[str, int]) -> str:
    """ "9 held · 1 not · 1 open", unbroken."""
    return verdicts.claims(counts).replace(" ", TOGETHER) or "-"


def print_paper(name: str, json: bool) -> None:
    """One paper with its records, versions first; a damaged record is named."""
    from common.records.record import read_records

    home = room(name)
    paper, records = home.paper, sorted(read_records(home.folder), key=_versions_first)
    runs: list[dict[str, Any]] = [
        {
            "variant": record.variant,
            "hardware": record.hardware.name,
            "profile": record.profile,
            "seeds": len(record.seeds),
            paper.metric.name: mean(record.values(paper.metric.name).values()),
            "started": record.started,
        }
        for record in records
    ]
    if json:
        told = {"authors": paper.authors, "url": paper.url, "cites": list(paper.cites)}
        told |= {"doors": doors(home)}
        print_json({**outline(home), **told, "versions": paper.versions, "records": runs})
        return
    say(f"{paper.title}, {paper.authors}, {paper.year}")
    print(f"{paper.url}\n")
    summary = verdicts.tally(judged(home))
    for what, line in ("claims", verdicts.claims(summary)), ("goals", verdicts.goals(summary)):
        if line:
            print(f"{what}: {line}")
    print()
    table("versions", ["version", "what it is"], [list(row) for row in paper.versions.items()])
    header, metric = ["variant", "profile", "seeds", "mean", "started"], paper.metric.name
    for hardware, those in groupby(runs, key=itemgetter("hardware")):
        rows = [[*(r[n] for n in header[:3]), r[metric], r["started"][:10]] for r in those]
        title = f"records on {hardware}: {metric}"
        table(title, header, rows, spare=("profile", "seeds", "started"))
    if asked := doors(home):
        say("ask it: " + ", ".join(f"papers {door} {name}" for door in asked))
    print(f"report: reports/{name}.md\nagain: papers reproduce {name}")


def _versions_first(record: Record) -> tuple[Any, ...]:
    """By hardware; there the versions, oldest first, then their other variants."""
    other = record.variant != record.version
    return record.hardware.name, other, order(record.version), record.variant


def mean(values: Any) -> float | None:
    """Over the seeds that did not diverge, as `dvc metrics` shows it."""
    finite = [value for value in values if value is not None]
    return round(sum(finite) / len(finite), 5) if finite else None


def measured(row: dict[str, Any], value: str, unit: str = "") -> str:
    """'-1.44 [-1.46, -1.43] bits', as far as there are such numbers."""
    if row[value] is None:
        return "-"
    number = "{:.4g}".format
    plain = row[value] if isinstance(row[value], str | bool | int) else number(row[value])
    if row["low"] is None:
        return f"{plain} {unit}".strip()
    return f"{plain} [{number(row['low'])},{TOGETHER}{number(row['high'])}] {unit}".strip()


def report(papers: list[str] | None, check: bool, json: bool) -> None:
    """Write the reports, or name what is out of date and raise UserError."""
    from common.reports import render

    root = find_root()
    names = [room(name).name for name in papers] if papers else None
    for name in names or rooms():
        _check_evidence(room(name))
    if not check:
        written = [path.relative_to(root).as_posix() for path in render.write_reports(root, names)]
        if json:
            print_json({"written": written})
        else:
            print("\n".join(written))
        return
    found = _out_of_date(root)
    if json:
        print_json({"problems": found})
    if found:
        raise UserError("\n".join(found))
    if not json:
        print("the reports are what the records say.")


def _out_of_date(root: Path) -> list[str]:
    from concurrent.futures import ProcessPoolExecutor

    from common.commands.checking import problems
    from common.run.interrupts import quietly

    # Either takes about half of the time. What is drawn of wrong records, or fails, is not asked.
    with ProcessPoolExecutor(1, initializer=quietly) as beside:
        drawn = beside.submit(_unlike_pages, root)
        if found := problems(root):
            return found
        if found := drawn.result():
            return [*found, "Run `papers report` and commit what it writes."]
    return []


def _unlike_pages(root: Path) -> list[str]:
    from common.reports import render

    return render.check(root)


def _check_evidence(home: Room) -> None:
    """UserError where claims were to be judged: the page would be written without them."""
    from common.evidence.verdicts import FILE, load_evidence

    if recorded(home) and home.path("evidence", "claims.py").is_file():
        load_evidence(home.path(FILE))
