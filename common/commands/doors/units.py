"""`papers units`: units of a network that follow a text. Light until the command runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from common.commands import doors
from common.commands.doors.shown import answer
from common.commands.generate import (
    Data,
    Folder,
    Json,
    PaperName,
    Train,
    Version,
    check_output,
    read,
)
from common.commands.overview import say, table
from common.commands.weights import opened
from common.errors import UserError
from common.paper import room

if TYPE_CHECKING:
    from common.ask.abilities import Inside
    from common.ask.units import Found

EXCERPT = 300  # characters that are shown where no text is given
BEFORE = 300  # characters that are read before them, so that the network knows where it is
LONGEST = 2_000  # characters of a text that is shown
SEARCHED = 100_000  # characters of one that is searched: all its activations are held at once
KINDS = (".png", ".svg", ".pdf")  # of pictures


def units(
    paper: PaperName,
    text: Annotated[
        str | None,
        typer.Argument(
            metavar="TEXT", help="What to show units on; - reads a pipe. Default: some of --over."
        ),
    ] = None,
    over: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="A text to look for units in, of a long one its first 100,000 characters."
            " Default: the model's test split.",
        ),
    ] = None,
    gates: Annotated[
        bool, typer.Option("--gates", help="Show the gates instead, where the model has some.")
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Draw it: FILE.png, .svg or .pdf."),
    ] = None,
    version: Version = None,
    checkpoint: Folder = None,
    data: Data = None,
    train: Train = False,
    json: Json = False,
) -> None:
    """Find units that follow something in a text, such as words, and show them on a text.

    Each is chosen by its correlation in one half of a text, and judged by that in the other half.
    """
    from common.ask.units import find

    doors.check(room(paper), "units")
    check_picture(output)
    own = None if over is None else own_text(over)
    shown = None if text is None else read([text])[0]
    if shown is not None and not 0 < len(shown) <= LONGEST:
        what = f"has {len(shown):,} characters" if shown else "is empty"
        raise UserError(f"the text {what}: give 1 to {LONGEST:,}; --over takes a longer one.")
    with opened(paper, version, checkpoint, data, train=train, door="units") as (variant, model):
        searched = (model.held_out if own is None else own)[:SEARCHED]
        inside = model.read(shown) if shown is not None else later(model.read, *excerpt(searched))
        if gates:
            if not inside.gates:
                raise UserError(f"{paper} {variant} has no gates: leave out --gates.")
            told, drawn = told_of_gates(inside), None
        else:
            drawn = find(model.read(searched))
            if not drawn:
                raise UserError("the text is too short to look for units in: name another --over.")
            told = told_of_units(drawn, inside)
    if output is not None:
        draw(output, f"{paper} {variant}", inside, drawn)
    told = {"paper": paper, "variant": variant, "text": "".join(inside.tokens)} | told
    if json:
        answer(json, told, ())
        return
    _print_gates(told) if drawn is None else _print_units(drawn, inside)
    if output is not None:
        print(f"written: {output}")


def check_picture(path: Path | None) -> None:
    """UserError, before anything is trained, for a picture of another kind or in no folder."""
    if path is not None and path.suffix.lower() not in KINDS:
        raise UserError(f"{path} is no picture's name: let it end in {', '.join(KINDS)}.")
    check_output(path)


def own_text(path: Path) -> str:
    """UserError, before anything is trained, for what is no text."""
    from common.data.own import read_own

    return read_own(path)[0]


def excerpt(text: str) -> tuple[str, str]:
    """Lines of the second half of a text: those after its first line that was empty, if any; in
    front of them what stands before."""
    half = len(text) // 2
    rest = text[half:]
    start = next((i + len(end) for end in ("\n\n", "\n") if (i := rest.find(end)) >= 0), 0)
    cut = rest[start : start + EXCERPT]
    shown = cut[: cut.rfind("\n") + 1] or cut
    return (text[max(0, half + start - BEFORE) : half + start], shown) if shown else ("", text)


def later(read: Callable[[str], Inside], before: str, text: str) -> Inside:
    """What happens as a text is read that stands behind another; tokens of both are its own."""
    inside = read(before + text)
    ends = list(accumulate(map(len, inside.tokens)))
    first = sum(end <= len(before) for end in ends)
    units, gates = (
        {name: array[first:] for name, array in arrays.items()}
        for arrays in (inside.units, inside.gates)
    )
    return replace(inside, tokens=inside.tokens[first:], units=units, gates=gates)


# -- units -----------------------------------------------------------------------------------


def told_of_units(found: list[Found], inside: Inside) -> dict[str, Any]:
    rows = [
        {
            "property": one.property,
            "layer": one.layer,
            "unit": one.unit,
            "chosen": round(one.chosen, 4),
            "correlation": round(one.correlation, 4),
            "activations": [round(float(x), 4) for x in inside.units[one.layer][:, one.unit]],
        }
        for one in found
    ]
    return {"tokens": list(inside.tokens), "units": rows}


def _print_units(found: list[Found], inside: Inside) -> None:
    from rich.console import Console

    from common.ask.units import PROPERTIES

    header = ["property", "unit", "where chosen", "correlation in the other half"]
    rows = [[f.property, f.name, f"{f.chosen:+.2f}", f"{f.correlation:+.2f}"] for f in found]
    table("", header, rows)
    if absent := [name for name in PROPERTIES if name not in {f.property for f in found}]:
        say(f"too rare in this text: {', '.join(absent)}.")
    console = Console()
    if not console.is_terminal or console.color_system is None or console.no_color:
        return
    say("Red: the unit is as it is where the property holds; blue: the opposite.")
    for one in found:
        console.print(f"\n{one.property}: {one.name}", style="bold", markup=False, highlight=False)
        console.print(coloured(inside, one))


def coloured(inside: Inside, one: Found):
    """The text as rich shows it, each token on the colour of the unit after it."""
    from rich.text import Text

    from common.ask.units import tint

    text = Text()
    for token, value in zip(inside.tokens, one.lit(inside)):
        shown = "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in token)
        text.append(shown, f"#000000 on {tint(value)}")
    return text


# -- gates -----------------------------------------------------------------------------------


def told_of_gates(inside: Inside) -> dict[str, Any]:
    rows = [
        {
            "gate": name,
            "mean": round(float(values.mean()), 4),
            "closed": round(float((values < 0.1).mean()), 4),
            "open": round(float((values > 0.9).mean()), 4),
            "means": [round(float(x), 4) for x in values.mean(axis=1)],
        }
        for name, values in inside.gates.items()
    ]
    return {"tokens": list(inside.tokens), "gates": rows}


def _print_gates(told: dict[str, Any]) -> None:
    header = ["gate", "mean", "closed (below 0.1)", "open (above 0.9)"]
    keys = ("mean", "closed", "open")
    rows = [
        [g["gate"], *(f"{g[k]:.2f}" if k == "mean" else f"{g[k]:.0%}" for k in keys)]
        for g in told["gates"]
    ]
    table("", header, rows)


def draw(path: Path, title: str, inside: Inside, found: list[Found] | None) -> None:
    """Units on the text, or its gates, as a picture."""
    from common.commands.doors import units_drawn

    if found is None:
        units_drawn.gates(path, title, inside)
    else:
        units_drawn.units(path, title, inside, found)
