"""`papers generate` and `papers chat`: text from a checkpoint. Light until a command runs."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from common.errors import UserError, nearest
from common.paper import Room, find_root, room, rooms

PaperName = Annotated[str, typer.Argument(metavar="PAPER", help="As `papers list` names it.")]
Version = Annotated[str | None, typer.Option(help="Default: the newest that can; +ID: a variant.")]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--checkpoint",
        metavar="FOLDER",
        help="Default: the paper's own weights, else the newest under local/ that fit --data.",
    ),
]
Data = Annotated[str | None, typer.Option(metavar="FILE", help="Your text that it learned from.")]
MaxTokens = Annotated[int | None, typer.Option(help="Write at most so many: 300 for most rooms.")]
Temperature = Annotated[
    float | None, typer.Option(help="0 is greedy, 1 as learned; more is bolder.")
]
TopK = Annotated[int | None, typer.Option(help="Draw from the k likeliest. Default: all.")]
TopP = Annotated[
    float | None, typer.Option(help="Draw from the likeliest of this probability. Default: 1, all.")
]
Beam = Annotated[int | None, typer.Option(help="Search with so many texts; 1 is greedy.")]
LengthPenalty = Annotated[
    float | None, typer.Option(help="Of the beam; 0 prefers short texts. Default: 0.6.")
]
Dtype = Annotated[str, typer.Option(help="float32, or bfloat16: faster for large models.")]
Seed = Annotated[int | None, typer.Option(help="The same seed, the same text. Default: 0.")]


def generate(
    paper: PaperName,
    prompt: Annotated[
        list[str] | None, typer.Option(help="May be repeated. Default: none.")
    ] = None,
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
    with opened(paper, version, checkpoint, data, dtype) as (_, writer), _options_named():
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


@contextlib.contextmanager
def _options_named() -> Iterator[None]:
    """A setting that an error names is an option here: 'top_k' is --top-k."""
    try:
        yield
    except UserError as error:
        quoted = rf"'({'|'.join(SETTINGS)})'"
        message = re.sub(quoted, lambda m: "--" + m[1].replace("_", "-"), str(error))
        raise UserError(message) from None


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
    folder = folder or found(home, variant, data)
    from common.checkpoint import read_checkpoint
    from common.deviations import injection

    checkpoint = read_checkpoint(home, folder, data, dtype)
    named = "+".join(filter(None, (checkpoint.version, checkpoint.deviation)))
    if variant not in (None, named):
        raise UserError(f"{folder} holds {named}, not {variant}: leave out --version.")
    _can_write(home, checkpoint.version)
    told = [f"{paper} {named}", f"seed {checkpoint.seed}", checkpoint.data]
    told += filter(None, [_overrides(home, checkpoint)])
    print(f"{', '.join(told)}: {_shown(folder)}", file=sys.stderr)
    with injection(home, checkpoint.version, checkpoint.deviation):
        yield named, checkpoint.writer(home.module(f"{checkpoint.version}.text"))


def _shown(folder: Path) -> Path:
    place, root = folder.resolve(), find_root()
    return place.relative_to(root) if place.is_relative_to(root) else folder


def _overrides(home: Room, checkpoint: Any) -> str:
    """How its config differs from params.yaml, as `papers train` takes it: "-S steps=3"."""
    from common.config import plan

    usual = asdict(plan(home, checkpoint.version).config)
    config = asdict(checkpoint.config)
    return " ".join(f"-S {k}={json.dumps(v)}" for k, v in config.items() if v != usual[k])


def found(home: Room, variant: str | None, data: str | None = None) -> Path:
    """The folder of the variant's weights: the paper's own, else the newest of local trainings.

    With `data` only what was trained on that text; without, what was trained on the paper's.
    """
    variant = variant or _newest(home)
    version, plus, deviation = variant.partition("+")
    _can_write(home, home.version(version))
    if plus:
        from common.deviations import find_deviation

        find_deviation(home, deviation)
    local = (find_root() / "local" / home.name).glob(f"*/checkpoints/{variant}/model.json")
    newest = sorted(local, key=lambda path: path.stat().st_mtime, reverse=True)
    own = home.path("checkpoints", variant, "model.json")
    folders = [path.parent for path in (own, *newest) if path.is_file()]
    if folders:
        return _fitting(folders, data)
    option = f" --deviation {deviation}" if plus else ""
    option += f" --data {data}" if data else ""
    # DVC keeps the weights of versions; those of a version with a deviation in are trained anew.
    committed = "" if plus or data else f", `papers reproduce {home.name}` the committed results'"
    raise UserError(
        f"{home.name} {variant} has no weights here: `papers train {home.name} {version}{option}`"
        f" makes some{committed}."
    )


def _fitting(folders: list[Path], data: str | None) -> Path:
    """The first that learned from that text, or, without one, from a dataset of the catalogue.

    The bytes decide, not their name. Where none did, the first: reading it says what it was
    trained on.
    """
    from common.checkpoint import trained_on
    from common.data.catalog import files_sha256, load_catalog
    from common.data.fetch import files_of
    from common.data.own import read_own

    known = {name: files_sha256(files_of(one)) for name, one in load_catalog().items()}
    wanted = data and read_own(data)[1]

    def fits(folder: Path) -> bool:
        name, sha256 = trained_on(folder)
        return sha256 == (wanted if data else known.get(name))

    return next(filter(fits, folders), folders[0])


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
