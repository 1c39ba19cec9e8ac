"""Tables of what there is: papers, versions, records, verdicts. No numbers are computed here."""

from __future__ import annotations

import json as json_module
from collections import Counter
from typing import Any

from common.errors import UserError
from common.paper import Room, find_root, room, rooms

KEPT_WHOLE = ("paper", "id", "kind", "variant", "version")  # not broken in a narrow terminal
WIDE = 400  # columns where no terminal limits them


def table(title: str, header: list[str], rows: list[list[Any]]) -> None:
    """Print a table; cells are plain text, never markup. In a pipe, each row is one line."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in header:
        drawn.add_column(name, overflow="fold", no_wrap=name in KEPT_WHOLE)
    for row in rows:
        drawn.add_row(*(Text(str(cell)) for cell in row))
    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    console.print(drawn)


def print_json(content: Any) -> None:
    print(json_module.dumps(content, indent=2, ensure_ascii=False))


def verdicts(home: Room) -> dict[str, int]:
    """Verdict -> how many claims of the paper have it, as evidence.json says."""
    path = home.path("evidence.json")
    if not path.is_file():
        return {}
    try:
        claims = json_module.loads(path.read_bytes())["claims"]
        return dict(sorted(Counter(claim["verdict"] for claim in claims).items()))
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{home.name}/evidence.json is damaged: run `papers report`.") from None


def recorded(home: Room) -> list[tuple[str, str]]:
    """(hardware, variant) of every record of the paper, by the files' names."""
    return [(path.parent.name, path.stem) for path in sorted(home.folder.glob("runs/*/*.json"))]


def outline(home: Room) -> dict[str, Any]:
    """What `papers list` tells of a paper."""
    paper = home.paper
    return {
        "paper": home.name,
        "title": paper.title,
        "year": paper.year,
        "versions": list(paper.versions),
        "verdicts": verdicts(home),
        "hardware": sorted({hardware for hardware, _ in recorded(home)}),
    }


def print_list(json: bool) -> None:
    found = [outline(home) for home in rooms().values()]
    rows = [
        [f["paper"], f["year"], f["title"], len(f["versions"]), counted(f["verdicts"])]
        for f in found
    ]
    if json:
        print_json(found)
    else:
        table("", ["paper", "year", "title", "versions", "verdicts"], rows)


def counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{verdict}: {n}" for verdict, n in counts.items()) or "-"


def print_paper(name: str, json: bool) -> None:
    """One paper with its records; a damaged record is named."""
    from common.records import read_records

    home = room(name)
    paper, records = home.paper, read_records(home.folder)
    runs = [
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
        print_json({**outline(home), **told, "versions": paper.versions, "records": runs})
        return
    print(f"{paper.title}, {paper.authors}, {paper.year}\n{paper.url}")
    table("versions", ["version", "what it is"], [list(row) for row in paper.versions.items()])
    if runs:
        table("records", list(runs[0]), [list(run.values()) for run in runs])
    print(f"verdicts: {counted(verdicts(home))}")
    print(f"report: reports/{name}.md    again: papers reproduce {name}")


def mean(values: Any) -> float | None:
    """Over the seeds that did not diverge, as `dvc metrics` shows it."""
    finite = [value for value in values if value is not None]
    return round(sum(finite) / len(finite), 5) if finite else None


def print_rows(kind: str, name: str | None, json: bool) -> None:
    """`kind`: claims or deviations."""
    from common import evidence

    if name:
        room(name)
    rows = getattr(evidence, f"rows_{kind}")(name)
    if json:
        print_json(rows)
    elif not rows:
        print(f"no {kind} yet.")
    else:
        value, column = ("value", "measured") if kind == "claims" else ("cost", "cost")
        verdict = ["verdict"] if kind == "claims" else []
        header = ["paper", "id", "kind", *verdict, column, "n", "place"]
        cells = [{**row, column: _measured(row, value)} for row in rows]
        table("", header, [["-" if row[c] is None else row[c] for c in header] for row in cells])


def _measured(row: dict[str, Any], value: str) -> str:
    """'-1.44 [-1.46, -1.43] bits', as far as there are such numbers."""
    if row[value] is None:
        return "-"
    number = "{:.4g}".format
    plain = row[value] if isinstance(row[value], str | bool | int) else number(row[value])
    interval = "" if row["low"] is None else f" [{number(row['low'])}, {number(row['high'])}]"
    return f"{plain}{interval} {row['unit']}".strip()


def report(papers: list[str] | None, check: bool) -> None:
    """Write the reports, or name what is out of date and raise UserError."""
    from common.reports import render

    root = find_root()
    names = [room(name).name for name in papers] if papers else None
    if not check:
        for path in render.write_reports(root, names):
            print(path.relative_to(root))
        return
    if found := render.check(root):
        raise UserError("\n".join([*found, "Run `papers report` and commit what it writes."]))
    print("the reports are what the records say.")


def write_pipelines(papers: list[str] | None) -> None:
    """Write dvc.yaml of the papers, all if none are named, and the root's."""
    from common.pipeline import render, render_root

    root = find_root()
    texts = {room(name).path("dvc.yaml"): render(root, name) for name in papers or rooms()}
    for path, text in {**texts, root / "dvc.yaml": render_root(root)}.items():
        changed = not path.is_file() or path.read_text(encoding="utf-8") != text
        if changed:
            path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(root).as_posix()}: {'written' if changed else 'as it was'}")
