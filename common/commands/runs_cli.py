"""`papers runs`: list, aside, import, export. Light until a command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Machine-readable.")]
PaperName = Annotated[
    str, typer.Argument(metavar="PAPER", help="A paper's name, as in `papers list`.")
]
OnePaper = Annotated[str | None, typer.Argument(metavar="PAPER", help="All papers if left out.")]

runs_app = typer.Typer(
    no_args_is_help=True, help="List the runs, bring them into MLflow, get them out of it."
)


@runs_app.command("list")
def runs_list(paper: OnePaper = None, json: Json = False) -> None:
    """List the recorded runs and your own: what was changed, the result, when, and the id."""
    from common.commands import runs

    runs.print_runs(paper, json)


@runs_app.command("aside")
def runs_aside(
    paper: PaperName,
    run: Annotated[str, typer.Argument(metavar="ID", help="As `papers runs list` shows it.")],
) -> None:
    """Take a record out of the recorded runs. It stays under local/, as a run of your own."""
    from common.commands import runs

    runs.aside(paper, run)


@runs_app.command("import")
def runs_import(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="A record made on another machine, to be added first."),
    ] = None,
) -> None:
    """Show the recorded runs and your own in MLflow. Run again, it adds what is new.

    With a FILE, that record first becomes one of the paper's: papers/PAPER/runs/."""
    from common.commands import runs

    runs.import_all(files or [])


@runs_app.command("export")
def runs_export(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="It is made if need be.")],
) -> None:
    """Write the recorded runs that MLflow holds into a folder, a file each."""
    from common.commands import runs

    runs.export(folder)
