"""The command `papers`. Heavy modules are imported inside the commands: help answers at once."""

from __future__ import annotations

import os
import signal
import sys
from typing import Annotated, Any

import typer

from common.commands.asked import ASKED
from common.commands.data import app as data_app
from common.commands.demo import demo
from common.commands.finetune import finetune
from common.commands.judged import claims, deviations
from common.commands.runs_cli import Json, OnePaper, PaperName, runs_app
from common.commands.samples import samples
from common.commands.train import Profile, train
from common.errors import UserError, check_utf8, from_system, visible

# typer shows BadParameter only; every mistake on a command line is one of its two base classes.
UsageError = typer.BadParameter.__bases__[0]
ClickError = UsageError.__bases__[0]

LOOK, ASK = "Look at results", "Ask a model"  # headings of `papers --help`
RUN, TEND = "Train and measure", "Look after the repository"

app = typer.Typer(
    help="Classic papers of language modelling: run every version, measure it, read the report.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data_app, name="data", rich_help_panel=TEND)
app.add_typer(runs_app, name="runs", rich_help_panel=TEND)

SIDE = "A version, one with a mistake put back (version2+ID), or a run's id (`papers runs list`)."
ManyPapers = Annotated[
    list[str] | None, typer.Argument(metavar="PAPER", help="All papers if left out.")
]


for asked in ASKED:
    app.command(rich_help_panel=ASK)(asked)


@app.command("list", rich_help_panel=LOOK)
def list_papers(json: Json = False) -> None:
    """List the papers, and how many of their claims held."""
    from common.commands import overview

    overview.print_list(json)


@app.command(rich_help_panel=LOOK)
def show(paper: PaperName, json: Json = False) -> None:
    """Show one paper: its versions, records, and how many claims held."""
    from common.commands import overview

    overview.print_paper(paper, json)


for run in (train, finetune):
    app.command(rich_help_panel=RUN)(run)


@app.command(rich_help_panel=RUN)
def reproduce(
    papers: ManyPapers = None,
    profile: Profile = None,
    json: Json = False,
    long: Annotated[
        bool, typer.Option("--long", help="Only train the newest versions for up to half an hour.")
    ] = False,
) -> None:
    """Fetch the data, run what is out of date, write the report, and sum up.

    With another profile than the one in params.yaml, all this happens in a copy under local/.
    """
    from common.commands import longer
    from common.commands import reproduce as steps

    run = longer.reproduce_long if long else steps.reproduce
    run(papers or [], profile, json)


@app.command(rich_help_panel=TEND)
def report(
    papers: ManyPapers = None,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail where a report is out of date.")
    ] = False,
    json: Json = False,
) -> None:
    """Write the reports from the records, or check that they are what the records say."""
    from common.commands import overview

    overview.report(papers or None, check, json)


@app.command(rich_help_panel=LOOK)
def ui(
    port: Annotated[int, typer.Option(min=1024, max=65535, help="On 127.0.0.1.")] = 5000,
) -> None:
    """Show all runs in MLflow: tables, curves, samples. On this machine only, until Ctrl-C."""
    from common.commands import runs

    runs.serve(port)


@app.command(rich_help_panel=RUN)
def new(
    name: Annotated[str, typer.Argument(help="The folder's name in lower case, e.g. my_paper.")],
    like: Annotated[
        str | None,
        typer.Option(
            metavar="PAPER", help="A paper whose shape it takes, e.g. rnn; docs/add-a-paper.md."
        ),
    ] = None,
) -> None:
    """Make a folder for a new paper; it runs and passes the tests as it is."""
    from common.commands.scaffold.making import create

    create(name, like)


@app.command(rich_help_panel=TEND)
def pipeline(papers: ManyPapers = None) -> None:
    """Rewrite dvc.yaml after imports, versions or deviations have changed."""
    from common.commands import pipelines

    pipelines.write_pipelines(papers or None)


@app.command(rich_help_panel=TEND)
def dag(paper: OnePaper = None, json: Json = False) -> None:
    """Show the stages of a paper's pipeline: what each waits for and writes."""
    from common.commands import pipelines

    pipelines.print_dag(paper, json)


@app.command(rich_help_panel=TEND)
def doctor(json: Json = False) -> None:
    """Check this checkout: what is wrong or missing, and what to do about it."""
    from common.commands import doctor as checks

    raise typer.Exit(checks.run(json))


for shown in (samples, claims, deviations):
    app.command(rich_help_panel=LOOK)(shown)


@app.command(rich_help_panel=LOOK)
def compare(
    paper: PaperName,
    old: Annotated[str, typer.Argument(metavar="OLD", help=SIDE)],
    new: Annotated[str, typer.Argument(metavar="NEW", help=SIDE)],
    code: Annotated[
        bool, typer.Option("--code/--no-code", help="Show the code that differs, after the answer.")
    ] = True,
    json: Json = False,
) -> None:
    """Say which of two is better, by how much, how fast and how large it is; then what differs."""
    from common.commands import compare as comparison

    comparison.print_comparison(paper, old, new, code, json)


@app.command(rich_help_panel=RUN)
def bench(
    paper: PaperName,
    rounds: Annotated[int, typer.Option(min=1, max=1000, help="How often each is timed.")] = 5,
    json: Json = False,
) -> None:
    """Measure how fast a paper's versions train on this machine."""
    from common.commands import bench as benchmark

    benchmark.bench(paper, rounds, json)


app.command(rich_help_panel=TEND)(demo)


@app.command(rich_help_panel=TEND)
def reseal(paper: OnePaper = None) -> None:
    """Keep records whose code changed, if short runs still give the same bits."""
    from common.commands import runs

    runs.reseal(paper)


@app.command(rich_help_panel=TEND)
def verify(
    paper: OnePaper = None,
    sample: Annotated[int, typer.Option(help="How many runs.", min=1)] = 2,
    json: Json = False,
) -> None:
    """Train a few recorded runs again, in a copy, and compare."""
    from common.commands import runs

    runs.verify(paper, sample, json)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. Mistakes end in one line and exit code 2, Ctrl-C in 130."""
    _stop_cleanly()
    words = sys.argv[1:] if arguments is None else arguments
    try:
        check_utf8(*words)
        code = app(words, prog_name="papers", standalone_mode=False) or 0
    except UserError as error:
        code = _refuse(str(error))
    except ClickError as error:
        code = _usage(error)
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:  # the reader, e.g. `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except OSError as error:
        code = _refuse(from_system(error))
    if code == 130:
        print("stopped; if it trained, the same command goes on from here.", file=sys.stderr)
    sys.exit(code)


def _stop_cleanly() -> None:
    """Let a closed terminal and `kill` end a command as Ctrl-C does; nohup stays in force."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def _refuse(message: str) -> int:
    """A name in it may hold anything: no code reaches the terminal, no name an empty first line."""
    rest = message.lstrip()
    name = visible(message.removesuffix(rest))
    print(f"error: {name}{visible(rest, keep=chr(10))}", file=sys.stderr)
    return 2


def _usage(error: Any) -> int:
    """A mistake on the command line; a group that was called by itself shows its help."""
    if type(error).__name__ == "NoArgsIsHelpError":
        error.show()
        return 0
    command = getattr(getattr(error, "ctx", None), "command_path", "papers")
    words = " ".join(error.format_message().split())
    return _refuse(f"{words} See `{command} --help`.")


if __name__ == "__main__":
    main()
