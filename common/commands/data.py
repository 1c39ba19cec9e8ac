"""`papers data ...`: what datasets there are, fetching and checking them."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="The datasets: list, fetch, verify.")
Names = Annotated[list[str] | None, typer.Argument(help="Datasets; all of the catalogue if none.")]


def _say(text: str) -> None:
    """Print a line; a warning stands out where the terminal has colours."""
    warning = text.startswith("WARNING")
    typer.secho(text, fg="yellow" if warning else None, bold=True if warning else None)


@app.command("list")
def list_sets(
    json: Annotated[bool, typer.Option("--json", help="Machine-readable.")] = False,
) -> None:
    """Show the datasets: what each is, its licence and size, if it is here, and its stand-in."""
    from common.data.catalog import load_catalog
    from common.data.place import files_of, folder_of

    rows = []
    for d in load_catalog().values():
        files = files_of(d)
        fetched = bool(files) and all((folder_of(d) / f.path).exists() for f in files)
        row = d.model_dump(include={"name", "title", "kind", "licence", "home", "stand_in"})
        rows.append(row | {"bytes": sum(f.bytes for f in files), "here": fetched or d.embedded})
    if json:
        print(json_module.dumps(rows, indent=2, ensure_ascii=False))
    else:
        _table(rows)


def _table(rows: list[dict]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(
        "dataset", "what, and its licence", "MB", "here", "stand-in", box=None, pad_edge=False
    )
    table.columns[0].no_wrap = table.columns[4].no_wrap = True
    table.columns[2].justify = "right"
    for row in rows:
        size = f"{row['bytes'] / 1e6:.1f}" if row["bytes"] else "-"
        here = "yes" if row["here"] else "no"
        what = f"{escape(row['title'])}\n[dim]{escape(row['licence'])}[/dim]"
        table.add_row(row["name"], what, size, here, row["stand_in"] or "")
    Console().print(table)


@app.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Datasets; all but the large ones if none.")
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option(help="Note here which dataset it is (one dataset only).")
    ] = None,
    no_stand_in: Annotated[
        bool, typer.Option("--no-stand-in", help="Fail rather than take a stand-in.")
    ] = False,
) -> None:
    """Fetch datasets and check every byte. Without names: all but the hub's and cifar10."""
    from common.data import fetch as fetching
    from common.data.catalog import pinned
    from common.errors import UserError

    if receipt and len(names or []) != 1:
        raise UserError("--receipt is for one dataset: name exactly one.")
    problems = []
    for name in names or [d.name for d in pinned()]:
        try:
            allowed = not no_stand_in and not (
                receipt and fetching.has_records(receipt.parent, name)
            )
            options = {"allow_stand_in": allowed, "report": _say}
            if receipt:
                got = fetching.receipt(name, receipt, **options)
            else:
                got = fetching.ensure(name, **options)
        except UserError as error:
            problems.append(str(error))
            continue
        instead = f" instead of {got.stand_in_for}" if got.stand_in_for else ""
        _say(f"{got.name}{instead}: {got.how}, sha256 {got.sha256[:12]}")
    if problems:
        raise UserError("\n".join(problems))


@app.command()
def verify(
    names: Names = None,
    cache: Annotated[bool, typer.Option("--cache", help="DVC's local cache too.")] = False,
) -> None:
    """Hash every file again and compare with the catalogue and with data.dvc."""
    from common.data.pin import check_pin
    from common.data.pin import verify as verify_sets

    found = verify_sets(names or (), cache=cache)
    for name, what in found.items():
        _say(f"{name}: {what}")
    standing = check_pin()
    _say(f"data.dvc: {standing}")
    wrong = any(what not in ("right", "absent") for what in found.values())
    if wrong or standing.startswith("differs"):
        raise typer.Exit(1)


@app.command()
def pin() -> None:
    """For maintainers: write data.dvc from data/, which must be complete and right."""
    from common.data.pin import pin as write_pin

    _say(f"data.dvc: {write_pin()}")
