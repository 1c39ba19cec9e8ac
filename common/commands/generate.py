"""`papers generate` and `papers chat`: text from a checkpoint. Light until a command runs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from common.errors import UserError, nearest
from common.paper import Room, find_root, room, rooms

PaperName = Annotated[str, typer.Argument(metavar="PAPER", help="As `papers list` names it.")]
Version = Annotated[str | None, typer.Option(help="Default: the newest that can; +ID: a variant.")]
Folder = Annotated[
    Path | None, typer.Option("--checkpoint", metavar="FOLDER", help="Use this one.")
]
Data = Annotated[str | None, typer.Option(metavar="FILE", help="Your text that it learned from.")]
MaxTokens = Annotated[int | None, typer.Option(help="Write at most so many.")]
Temperature = Annotated[float | None, typer.Option(help="0 is greedy; more is bolder.")]
TopK = Annotated[int | None, typer.Option(help="Draw from the k likeliest.")]
TopP = Annotated[float | None, typer.Option(help="Draw from the likeliest of this probability.")]
Beam = Annotated[int | None, typer.Option(help="Search with a beam; 1 is greedy.")]
LengthPenalty = Annotated[float | None, typer.Option(help="Of the beam; 0 prefers short texts.")]
Dtype = Annotated[str, typer.Option(help="float32, or bfloat16: faster for large models.")]
Seed = Annotated[int | None, typer.Option(help="The same seed, the same text.")]


def generate(
    paper: PaperName,
    prompt: Annotated[list[str] | None, typer.Option(help="May be repeated.")] = None,
    version: Version = None,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    top_k: TopK = None,
    top_p: TopP = None,
    beam: Beam = None,
    length_penalty: LengthPenalty = None,
    seed: Seed = None,
    checkpoint: Folder = None,
    data: Data = None,
    dtype: Dtype = "float32",
) -> None:
    """Write text with a trained model, token by token. What is not given is the room's choice."""
    from common.generation import change, stream
    from common.generation import generate as at_once

    given = {name: value for name, value in locals().items() if name in SETTINGS}
    with opened(paper, version, checkpoint, data, dtype) as (_, writer):
        settings = change(writer.defaults, _named(given))
        prompts = prompt or [""]
        if len(prompts) == 1:
            _print_all(writer, prompts[0], stream(writer, prompts[0], settings))
            return
        for text, written in zip(prompts, at_once(writer, prompts, settings)):
            _print_all(writer, text, iter([written]))
            say("\n")


def chat(
    paper: PaperName,
    version: Version = None,
    checkpoint: Folder = None,
    data: Data = None,
    dtype: Dtype = "float32",
) -> None:
    """Talk with a trained model. /help lists what it understands; Ctrl-D ends."""
    from common.chat import Chat

    with opened(paper, version, checkpoint, data, dtype) as (_, writer):
        Chat(writer, say).run()


SETTINGS = ("max_tokens", "temperature", "top_k", "top_p", "beam", "length_penalty", "seed")


def _named(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _print_all(writer: Any, prompt: str, parts: Iterator[str]) -> None:
    """The text as it comes, after the prompt where it goes on from there. Ctrl-C ends it."""
    try:
        first = next(parts, "")  # a prompt that cannot be read is refused before it is printed
        say((prompt if writer.continues else "") + first)
        for part in parts:
            say(part)
        say("\n")
    except KeyboardInterrupt:
        say("\n")
        raise SystemExit(130) from None


def say(text: str) -> None:
    """Print without a new line, at once. A terminal gets no control characters of the model."""
    if sys.stdout.isatty():
        text = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


@contextlib.contextmanager
def opened(
    paper: str,
    variant: str | None,
    folder: Path | None,
    data: str | None,
    dtype: str = "float32",
) -> Iterator[tuple[str, Any]]:
    """Variant and Writer of a checkpoint; while it is used, its deviation is in the code."""
    home = room(paper)
    folder = folder or found(home, variant)
    from common.checkpoint import read_checkpoint
    from common.deviations import injection

    checkpoint = read_checkpoint(home, folder, data, dtype)
    named = "+".join(filter(None, (checkpoint.version, checkpoint.deviation)))
    if variant not in (None, named):
        raise UserError(f"{folder.name}/ holds {named}, not {variant}: leave out --version.")
    _can_write(home, checkpoint.version)
    place = folder.resolve()
    root = find_root()
    shown = place.relative_to(root) if place.is_relative_to(root) else folder
    print(f"{paper} {named}, seed {checkpoint.seed}: {shown}", file=sys.stderr)
    with injection(home, checkpoint.version, checkpoint.deviation):
        yield named, checkpoint.writer(home.module(f"{checkpoint.version}.text"))


def found(home: Room, variant: str | None) -> Path:
    """The folder of the variant's weights: the paper's own, else the newest of local trainings."""
    variant = variant or _newest(home)
    version, plus, deviation = variant.partition("+")
    _can_write(home, home.version(version))
    if plus:
        from common.deviations import find_deviation

        find_deviation(home, deviation)
    own = home.path("checkpoints", variant)
    local = (find_root() / "local" / home.name).glob(f"*/checkpoints/{variant}/model.json")
    newest = sorted(local, key=lambda path: path.stat().st_mtime)
    if (own / "model.json").is_file():
        return own
    if newest:
        return newest[-1].parent
    option = f" --deviation {deviation}" if plus else ""
    raise UserError(
        f"{home.name} {variant} has no weights here: `papers train {home.name} {version}{option}`"
        f" makes some, `papers reproduce {home.name}` the committed results'."
    )


def _writing(home: Room) -> list[str]:
    return [v for v in home.paper.versions if home.path(v, "text.py").is_file()]


def _newest(home: Room) -> str:
    able = [version for version in home.paper.numbered if version in _writing(home)]
    return able[-1] if able else home.newest


def _can_write(home: Room, version: str) -> None:
    if version in _writing(home):
        return
    if _writing(home):
        raise UserError(f"{home.name} {version} writes no text." + nearest("", _writing(home)))
    able = [other.name for other in rooms().values() if _writing(other)]
    raise UserError(f"{home.name} writes no text; these do: {', '.join(able)}.")
