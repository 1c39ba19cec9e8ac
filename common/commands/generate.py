"""`papers generate` and `papers chat`: text from a checkpoint. Light until a command runs."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from common.commands.weights import opened
from common.errors import UserError

if TYPE_CHECKING:
    from common.ask.writer import Settings, Writer

PaperName = Annotated[str, typer.Argument(metavar="PAPER", help="As `papers list` names it.")]
Version = Annotated[
    str | None,
    typer.Option(
        help="A version, one with a mistake put back (version2+ID), or a size (version2-NAME)."
        " Default: the best version by its record."
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--checkpoint",
        metavar="FOLDER",
        help="Default: the paper's own weights, else the newest under local/, else its demo.",
    ),
]
Data = Annotated[
    str | None,
    typer.Option(metavar="FILE|SET", help="Your own text, or dataset, if the model learned it."),
]
Train = Annotated[
    bool,
    typer.Option(
        "--train",
        help="Train it first, unless its weights are here. Those of a smaller profile than that"
        " of params.yaml, and of a demo, do not count.",
    ),
]
MaxTokens = Annotated[
    int | None,
    typer.Option(metavar="N", help="The most tokens to write. Default: 300 for most papers."),
]
Temperature = Annotated[
    float | None,
    typer.Option(
        metavar="T", help="0 takes the likeliest token, 1 draws as learned; higher is bolder."
    ),
]
TopK = Annotated[
    int | None, typer.Option(metavar="K", help="Draw from the K likeliest tokens. Default: all.")
]
TopP = Annotated[
    float | None,
    typer.Option(
        metavar="P",
        help="Draw from the likeliest tokens that together have probability P. Default: 1.",
    ),
]
Beam = Annotated[
    int | None, typer.Option(metavar="N", help="Search with N texts at a time, instead of drawing.")
]
LengthPenalty = Annotated[
    float | None, typer.Option(metavar="A", help="For --beam: 0 prefers short texts. Default: 0.6.")
]
Seed = Annotated[
    int | None, typer.Option(metavar="N", help="The same seed gives the same text. Default: 0.")
]
Dtype = Annotated[
    str, typer.Option(metavar="TYPE", help="float32, or bfloat16: faster for large models.")
]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable.")]
SETTINGS = ("max_tokens", "temperature", "top_k", "top_p", "beam", "length_penalty", "seed")
STDIN = "-"


def generate(
    paper: PaperName,
    prompt: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help="How the text begins; - reads it from standard input. May be repeated.",
        ),
    ] = None,
    version: Version = None,
    samples: Annotated[
        int,
        typer.Option(
            "--samples", "-n", metavar="N", min=1, max=10_000, help="Write N texts per prompt."
        ),
    ] = 1,
    max_tokens: MaxTokens = None,
    temperature: Temperature = None,
    top_k: TopK = None,
    top_p: TopP = None,
    beam: Beam = None,
    length_penalty: LengthPenalty = None,
    seed: Seed = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write the text to this file."),
    ] = None,
    json: Json = False,
    checkpoint: Folder = None,
    data: Data = None,
    dtype: Dtype = "float32",
    train: Train = False,
) -> None:
    """Write text with a trained model. Options left out take the paper's values.

    Several texts draw with --seed, --seed + 1, and so on.
    """
    given = {name: value for name, value in locals().items() if name in SETTINGS}
    prompts = [text for text in read(prompt or [""]) for _ in range(samples)]
    _check_ranges(given)
    check_output(output)
    with opened(paper, version, checkpoint, data, dtype, train) as (variant, writer):
        settings = _settings(writer, given)
        _check_samples(samples, settings)
        with _target(output) as put, _options_named():
            if json:
                _put_json({"paper": paper, "variant": variant}, writer, prompts, settings, put)
            else:
                _put_texts(writer, prompts, settings, put)


def chat(
    paper: PaperName,
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
    train: Train = False,
) -> None:
    """Talk with a trained model. Options left out take the paper's values.

    /help lists what can be said beside text, such as /set temperature 0.5; Ctrl-D ends.
    """
    from common.ask.chat import Chat

    given = {name: value for name, value in locals().items() if name in SETTINGS}
    _check_ranges(given)
    with opened(paper, version, checkpoint, data, dtype, train) as (_, writer):
        Chat(writer, say, _settings(writer, given)).run()


def _check_ranges(given: dict[str, Any]) -> None:
    """UserError, before anything is trained, for a setting that no model takes."""
    from common.ask.writer import Settings

    with _options_named():
        Settings(**{k: v for k, v in given.items() if v is not None})


def _settings(writer: Writer, given: dict[str, Any]) -> Settings:
    """The paper's settings with those that the command line names. UserError names an option."""
    from common.ask.generation import check_length
    from common.ask.writer import change

    with _options_named():
        settings = change(writer.defaults, {k: v for k, v in given.items() if v is not None})
        check_length(writer, settings)
    return settings


@contextlib.contextmanager
def _options_named() -> Iterator[None]:
    """A setting that an error names is an option here: 'top_k' is --top-k."""
    try:
        yield
    except UserError as error:
        quoted = rf"'({'|'.join(SETTINGS)})'"
        message = re.sub(quoted, lambda m: "--" + m[1].replace("_", "-"), str(error))
        raise UserError(message) from None


def read(prompts: list[str]) -> list[str]:
    """The prompts; for "-" standard input, without the line feed at its end."""
    if prompts.count(STDIN) > 1:
        raise UserError(f"{STDIN} reads all of standard input: give it once.")
    if STDIN not in prompts:
        return prompts
    try:
        text = sys.stdin.buffer.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"standard input is not UTF-8 text (byte {error.start}).") from None
    return [re.sub(r"\r?\n\Z", "", text) if prompt == STDIN else prompt for prompt in prompts]


def _check_samples(samples: int, settings: Settings) -> None:
    if samples > 1 and (settings.greedy or settings.beam is not None):
        how = "a beam search finds" if settings.beam is not None else "these settings give"
        raise UserError(
            f"{how} the same text each time: for {samples} samples, set --temperature above 0."
        )


def _put_texts(
    writer: Writer, prompts: list[str], settings: Settings, put: Callable[[str], None]
) -> None:
    """One text as it comes; several one below the other, with an empty line between."""
    from common.ask.generation import generate as at_once
    from common.ask.generation import stream

    if len(prompts) == 1:
        _put_parts(writer, prompts[0], stream(writer, prompts[0], settings), put)
        return
    for i, (text, written) in enumerate(zip(prompts, at_once(writer, prompts, settings))):
        put("\n" if i else "")
        _put_parts(writer, text, iter([written]), put)


def _put_parts(
    writer: Writer, prompt: str, parts: Iterator[str], put: Callable[[str], None]
) -> None:
    """The text after its prompt, as it was read, where it goes on from there. Ctrl-C ends it."""
    from common.data.own import unix_newlines

    try:
        first = next(parts, "")  # a prompt that cannot be read is refused before it is printed
        put((unix_newlines(prompt) if writer.continues else "") + first)
        for part in parts:
            put(part)
        put("\n")
    except KeyboardInterrupt:
        put("\n")
        raise SystemExit(130) from None


def _put_json(
    told: dict[str, Any],
    writer: Writer,
    prompts: list[str],
    settings: Settings,
    put: Callable[[str], None],
) -> None:
    """The texts without their prompts, each with the seed that draws it again."""
    import json

    from common.ask.generation import generate as at_once

    texts = [
        {"prompt": prompt, "seed": settings.seed + i, "text": text}
        for i, (prompt, text) in enumerate(zip(prompts, at_once(writer, prompts, settings)))
    ]
    told |= {"settings": asdict(settings), "texts": texts}
    put(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def check_output(path: Path | None) -> None:
    """UserError, before anything is trained or written, where the file cannot be."""
    if path is None or (path.exists() and not path.is_dir() and os.access(path, os.W_OK)):
        return
    if path.exists():
        raise UserError(f"{path} cannot be written: name another file.")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UserError(f"{path} cannot be made in {path.parent}: name another folder.")


@contextlib.contextmanager
def _target(path: Path | None) -> Iterator[Callable[[str], None]]:
    """Where text goes. A file is replaced once the text is there, or as much as Ctrl-C left."""
    if path is None:
        yield say
        return
    parts: list[str] = []
    try:
        yield parts.append
    finally:
        if content := "".join(parts).encode("utf-8"):
            path.write_bytes(content)
            print(f"written: {path}", file=sys.stderr)


def say(text: str) -> None:
    """Print without a new line, at once. A terminal gets no control characters of the model."""
    if sys.stdout.isatty():
        text = "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()
