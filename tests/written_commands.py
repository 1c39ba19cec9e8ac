"""The `papers ...` commands of a page of documentation, and whether they can be given."""

from __future__ import annotations

import re
import shlex
from functools import cache

from typer.main import get_command

from common.commands import cli
from common.config import parse_override, plan, size_names
from common.errors import UserError
from common.paper import Room, room


def commands(text: str) -> list[list[str]]:
    """The words of each `papers ...` command in the code of a page, inline or in a block."""
    blocks = re.findall(r"(?ms)^ *```(?:bash|sh)?\n(.*?)^ *```", text)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    rest = re.sub(r"(?ms)^ *```.*?^ *```", "", text)
    lines += [code.replace("\n", " ") for code in re.findall(r"`([^`]+)`", rest)]
    found = [line.strip() for line in lines if re.match(r" *papers [a-z]", line)]
    return [shlex.split(line, comments=True) for line in found]


CAPITALS = re.compile(r"^[A-Z][A-Z=_|.]*$")  # PAPER, FILE: a place to fill in


def refused(words: list[str]) -> str | None:
    """Why `papers` would not take the command, or None. Nothing is run."""
    group, rest = get_command(cli.app), words[1:]
    while hasattr(group, "commands"):
        if not rest:
            return None  # `papers runs` as the name of a group
        if rest[0] not in group.commands:
            return f"no command {rest[0]}"
        group, rest = group.commands[rest[0]], rest[1:]
    if any(CAPITALS.match(word) for word in rest):
        return None  # a form, not a command
    if len(words) == 2 and group.params:  # `papers train`, as a name
        return None
    try:
        given = group.make_context(words[1], list(rest)).params
    except cli.ClickError as error:
        return error.format_message()
    try:
        return strange(words[1], given)
    except (UserError, ValueError) as error:
        return str(error)


def strange(command: str, given: dict) -> str | None:
    """What the room does not have."""
    names = given.get("paper")
    if not names or isinstance(names, list | tuple):
        return None
    home = room(names)
    for key in ("version", "old", "new"):
        if (name := given.get(key)) and not re.fullmatch(r"[0-9a-f]{8}", name):
            unknown_variant(home, name)
    name = given.get("name")
    deviation = given.get("deviation") or (command == "deviations" and name)
    if deviation and deviation not in deviations(home):
        return f"{home.name} has no deviation {deviation}"
    if command == "claims" and name and name not in claims(home):
        return f"{home.name} has no claim {name}"
    if command == "train":
        changed = dict(map(parse_override, given.get("set_") or ()))
        plan(home, given["version"], given.get("profile"), changed, size=given.get("size"))
    return None


def unknown_variant(home: Room, name: str) -> None:
    version, _, deviation = name.partition("+")
    version, _, size = version.partition("-")
    home.version(version)
    if deviation and deviation not in deviations(home):
        raise UserError(f"{home.name} has no deviation {deviation}")
    if size and size not in size_names(home):
        raise UserError(f"{home.name} has no size {size}")


@cache
def deviations(home: Room) -> set[str]:
    return {d.id for d in home.module("evidence.deviations").DEVIATIONS}


@cache
def claims(home: Room) -> set[str]:
    return {c.id for c in home.module("evidence.claims").CLAIMS}
