"""`papers finetune`: a pre-trained network learns from a user's own labelled lines."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from common.commands.runs_cli import PaperName
from common.errors import UserError

if TYPE_CHECKING:
    from common.paper import Room
    from common.records.record import Record


def finetune(
    paper: PaperName,
    data: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="Your own lines: a text, a tab, and its class (a short word or a number).",
        ),
    ],
    version: Annotated[
        str | None, typer.Option(help="A version of the paper. Default: the newest.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Default: the first of the paper's own seeds.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("-S", metavar="NAME=VALUE", help="Change a parameter; repeatable."),
    ] = None,
) -> None:
    """Fine-tune a pre-trained network on your own labelled lines, and say how well it does.

    Weights that an earlier run pre-trained are taken; without any, it is pre-trained first.
    """
    from common.config import parse_override, plan
    from common.paper import room
    from common.records.record import read_record
    from common.run.launch import Request, told, train_variant

    home = room(paper)
    file = _lines(home, data)
    version = version or home.paper.newest
    overrides = dict(map(parse_override, set_ or ()))
    seeds = (seed,) if seed is not None else plan(home, version).seeds[:1]
    request = Request(home.name, version, overrides=overrides, seeds=seeds, data=file)
    path = train_variant(request, take=True)
    print(_judged(read_record(path), file))
    print(told(path).split("\n")[1])
    options = f"--data {shlex.quote(data)} --version {version}"
    print(f'next: papers classify {home.name} {options} "a text"')


def _lines(home: Room, data: str) -> str:
    """The path of the user's file, which holds labelled lines. UserError if it does not, or if the
    paper cannot learn from it."""
    from common.data.own import own_file
    from common.exams.documents import own_sentences
    from common.paper import rooms
    from common.run.datasets import fine_tunes

    if not fine_tunes(home):
        others = ", ".join(name for name, other in rooms().items() if fine_tunes(other))
        raise UserError(f"{home.name} is not fine-tuned on labelled lines; these are: {others}.")
    path = str(own_file(data))
    own_sentences(path)
    return path


def _judged(record: Record, file: str) -> str:
    """How much of the lines that were held out the network answers right, beside simple rivals."""
    from collections import Counter

    from common.exams.bag_of_words import bag_of_words_error
    from common.exams.sentiment import labelled

    parts, classes = labelled(file)
    shown = {"validation": "to choose by", "test": "to judge by"}
    [(commonest, _)] = Counter(label for _, label in parts["train"]).most_common(1)
    wrong = {"validation": "validation_error", "test": "error"}
    rows = {
        f"{record.paper} {record.version}": [record.seeds[0].metrics[wrong[n]] for n in shown],
        "bag of words": [bag_of_words_error(file, split=name) for name in shown],
        f"always {classes[commonest]!r}": [
            100 * sum(label != commonest for _, label in parts[name]) / len(parts[name])
            for name in shown
        ],
    }
    width = max(map(len, rows))
    heads = [f"{len(parts[name])} {words}" for name, words in shown.items()]
    lines = ["", f"answered right, of {sum(map(len, parts.values()))} lines:"]
    lines.append("  ".join(["", " " * width, *heads]))
    for name, errors in rows.items():
        said = ["diverged" if error is None else f"{100 - error:.1f} %" for error in errors]
        cells = (f"{value:>{len(head)}}" for value, head in zip(said, heads))
        lines.append("  ".join(["", f"{name:<{width}}", *cells]))
    return "\n".join([*lines, ""])
