"""A conversation in the terminal with a model that writes."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from typing import Any

from common.ask.generation import stream
from common.ask.signals import handling
from common.ask.writer import Settings, Writer, change
from common.errors import UserError, nearest

REMEMBERED = 4_000  # characters of the conversation that the model reads again for each answer
HELP = {
    "/help": "this list",
    "/set NAME VALUE": "change a setting, e.g. /set top_p 0.9 or /set top_k none",
    "/settings": "show the settings",
    "/history": "show the conversation as the model reads it",
    "/reset": "forget the conversation",
    "/quit": "end, as Ctrl-D does; Ctrl-C stops an answer",
}


class Chat:
    """Reads lines, answers each. `say` prints without a new line."""

    def __init__(
        self, writer: Writer, say: Callable[[str], None], settings: Settings | None = None
    ):
        self.writer, self.say = writer, say
        self.settings: Settings = settings or writer.defaults
        self.history, self.answers, self.over = "", 0, False
        self.line = _line(writer)

    def run(self) -> None:
        """Until the input ends. A closed terminal and `kill` end it too."""
        terminal = sys.stdin.isatty()
        if terminal:
            with contextlib.suppress(ImportError):  # lines can be edited and called again
                import readline  # noqa: F401
            self.say("/help lists the commands; Ctrl-D ends.\n")
        with handling(_handlers()):
            while not self.over:
                try:
                    self.reply(input("> " if terminal else ""))
                except EOFError:
                    self.over = True
                except KeyboardInterrupt:
                    self.say("\n(Ctrl-D ends)\n")
                except UserError as error:
                    self.say(f"error: {error}\n")
        self.say("\n" if terminal else "")

    def reply(self, line: str) -> None:
        """Obey a command, or print an answer; Ctrl-C stops the answer, and what was said stays."""
        if line.startswith("/"):
            self.say(self.obey(*line.split()) + "\n")
            return
        try:
            for part in self.answer(line):
                self.say(part)
        except KeyboardInterrupt:
            self.say(" [stopped]")
        self.say("\n")

    def answer(self, line: str) -> Iterator[str]:
        """The answer in pieces. An empty line lets a text go on. UserError for what it cannot read.

        A model that goes on from its prompt gets the whole conversation; one that translates, the
        line alone.
        """
        self.writer.encode(line)
        settings = replace(self.settings, seed=self.settings.seed + self.answers)
        self.answers += 1
        if not self.writer.continues:
            yield from stream(self.writer, line, settings)
            return
        self.history += line + self.line if line else ""
        try:
            prompt = self.history[-REMEMBERED:]
            for part in stream(self.writer, prompt, settings, stop=2 * self.line):
                self.history += part
                yield part
        finally:
            self.history += 2 * self.line

    def obey(self, command: str, *words: str) -> str:
        """What a command answers. UserError with the nearest for an unknown one."""
        known = {name.split()[0]: name for name in HELP}
        if command not in known:
            raise UserError(f"no command {command}." + nearest(command, known))
        return getattr(self, f"_{command[1:]}")(*words)

    def _help(self, *_: str) -> str:
        return "\n".join(f"{name:16}  {text}" for name, text in HELP.items())

    def _set(self, *words: str) -> str:
        if len(words) != 2:
            raise UserError("/set takes a name and a value, as in /set top_p 0.9.")
        self.settings = change(self.settings, {words[0]: _value(words[1])})
        return self._settings()

    def _settings(self, *_: str) -> str:
        told = ("none" if value is None else value for value in asdict(self.settings).values())
        return "  ".join(f"{name} {value}" for name, value in zip(asdict(self.settings), told))

    def _history(self, *_: str) -> str:
        return self.history.strip() or "(nothing yet)"

    def _reset(self, *_: str) -> str:
        self.history, self.answers = "", 0
        return "forgotten."

    def _quit(self, *_: str) -> str:
        self.over = True
        return ""


def _line(writer: Writer) -> str:
    """What ends a line; two of it end an answer of a model that goes on from the text.

    A line feed, or a blank where the text that the model learned has no lines, or nothing where
    it has no blanks either: then only the number of tokens ends an answer.
    """
    for end in ("\n", " "):
        with contextlib.suppress(UserError):
            writer.encode(end)
            return end
    return ""


def _value(word: str) -> Any:
    """'none' -> None, '3' -> 3, '0.9' -> 0.9; another word stays, and is refused by its setting."""
    if word.lower() in ("none", "off"):
        return None
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return kind(word)
    return word


def _handlers() -> dict[int, Callable]:
    """Ctrl-C only stops an answer here, so `kill` and a closed terminal need a way of their own."""

    def end(number: int, frame: Any) -> None:
        raise SystemExit(128 + number)

    return {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGTERM: end,
        signal.SIGHUP: end,
    }
