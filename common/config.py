"""params.yaml -> a typed config. An unknown key is an error with a suggestion.

A version's `Config` is a frozen dataclass whose defaults are the paper's values; `params.yaml`
holds, per profile, what was run: the seeds, and each version's changes to those defaults.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
import re
import types
import typing
from pathlib import Path
from typing import Any

import yaml

from common.errors import UserError, nearest
from common.paper import Room

PROFILES = ("smoke", "cpu", "gpu")
SEEDS = 2**63
# YAML 1.1 takes 1e-3 for a word: it asks for a point and a sign, as in 1.0e-3.
# What YAML raises: also for 2024-99-99, numbers of thousands of digits, thousands of brackets.
UNREADABLE = (yaml.YAMLError, ValueError, RecursionError)
LARGEST = 2**63  # no size, count or seed of a run goes beyond 64 bits
SIZE = re.compile(r"[a-z][a-z0-9_]{0,39}")  # it stands in names of files and stages
POWER = re.compile(r"[+-]?\d+(\.\d*)?[eE][+-]?\d+")


def read_yaml(path: Path) -> dict[str, Any]:
    """A YAML file whose top level is a mapping. UserError names the file and the line."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path.name} is missing from {path.parent.name}/.") from None
    except UNREADABLE as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path.parent.name}/{path.name} cannot be read: {reason}") from None
    if not isinstance(content, dict):
        raise UserError(f"{path.parent.name}/{path.name} must be a mapping of names to values.")
    return content


def resolve(cls: type, values: dict[str, Any], where: str) -> Any:
    """Build the dataclass `cls` from `values`; fields that are not named keep their defaults."""
    hints = typing.get_type_hints(cls)
    names = [f.name for f in dataclasses.fields(cls)]
    if not isinstance(values, dict):
        raise UserError(f"{where} must be a mapping of parameters to values, not {shown(values)}.")
    for key in values:
        if key not in names:
            raise UserError(f"{where} has no parameter {key!r}." + nearest(str(key), names))
    checked = {key: _check(hints[key], value, f"{where}.{key}") for key, value in values.items()}
    for field in dataclasses.fields(cls):
        _check_range(field.default, checked.get(field.name), f"{where}.{field.name}")
    try:
        return cls(**checked)
    except ValueError as error:  # a config's own check in __post_init__
        raise UserError(f"{where}: {error}") from None


def _check(kind: Any, value: Any, where: str) -> Any:
    """Return `value` as `kind`. An integer passes for a float; nothing else is converted."""
    if isinstance(kind, types.UnionType):
        for option in typing.get_args(kind):
            with contextlib.suppress(UserError):
                return _check(option, value, where)
    elif typing.get_origin(kind) is typing.Literal:
        if value in (choices := typing.get_args(kind)):
            return value
        raise UserError(f"{where} must be one of {', '.join(choices)}, not {shown(value)}.")
    elif typing.get_origin(kind) is tuple:
        if isinstance(value, list | tuple):
            return tuple(_check(typing.get_args(kind)[0], item, where) for item in value)
    elif type(value) is int and kind in (int, float) and abs(value) >= LARGEST:
        raise UserError(f"{where} must be below 2^63 in size: this number is too large.")
    elif kind is float and (type(value) in (int, float) or _is_power(value)):
        return float(value)
    elif isinstance(kind, type) and type(value) is kind:
        return value
    elif kind is types.NoneType and value is None:
        return None
    name = getattr(kind, "__name__", str(kind))
    raise UserError(f"{where} must be of type {name}, not {shown(value)}.")


def shown(value: Any) -> str:
    """A value as an error shows it: its beginning, if it is long or cannot be shown whole."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python refuses to print numbers of 4,300 digits
        return f"this {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:80]}..."


def _is_power(value: Any) -> bool:
    return isinstance(value, str) and POWER.fullmatch(value) is not None


def _check_range(default: Any, value: Any, where: str) -> None:
    """Sizes and counts stay positive, rates finite and not negative; the default tells which."""
    if type(value) is int and type(default) is int and default >= 1 > value:
        raise UserError(f"{where} must be at least 1, not {value}.")
    if type(value) is float and not math.isfinite(value):
        raise UserError(f"{where} must be finite, not {value}.")
    if type(value) is float and type(default) is float and value < 0 <= default:
        raise UserError(f"{where} must not be negative, not {value}.")


@dataclasses.dataclass(frozen=True)
class Plan:
    """What a profile says about one version: the config to run and the seeds to run it with."""

    profile: str
    config: Any  # the version's Config
    defaults: Any  # Config(): the paper's values
    seeds: tuple[int, ...]
    engine: dict[str, Any] = dataclasses.field(default_factory=dict)  # of a size with its own


def plan(
    room: Room,
    version: str,
    profile: str | None = None,
    overrides: dict[str, Any] | None = None,
    seeds: tuple[int, ...] | None = None,
    size: str | None = None,
) -> Plan:
    """Read the paper's params.yaml for one version, or for one of its sizes. `profile` defaults to
    the file's own."""
    room.version(version)
    params = read_yaml(room.path("params.yaml"))
    profile = profile or params.get("profile", "cpu")
    section = _section(room, params, profile)
    own = _of_size(room, section, profile, size) if size is not None else {}
    listed = own.pop("seeds", section.get("seeds", [0]))
    where = f"{profile}.sizes.{size}.seeds" if size else f"{profile}.seeds"
    engine = _mapping(own.pop("engine", None), f"{room.name} {profile}.sizes.{size}.engine")
    _known_keys(engine, ("threads", "dtype"), f"{room.name} {profile}.sizes.{size}.engine")
    seeds = seeds or _check(tuple[int, ...], listed, where)
    if strange := [seed for seed in seeds if not 0 <= seed < SEEDS]:
        raise UserError(f"{room.name}: a seed must be from 0 to 2^63 - 1, not {strange[0]}.")
    if len(set(seeds)) != len(seeds):
        raise UserError(f"{room.name}: seeds must be distinct, not {list(seeds)}.")
    if version not in section:
        raise UserError(
            f"{room.name}/params.yaml: profile {profile} says nothing of {version}. Add it; "
            f"`{version}: {{}}` trains it with the paper's values."
        )
    values = {**(section[version] or {}), **own, **(overrides or {})}
    cls = room.module(f"{version}.model").Config
    config = resolve(cls, values, f"{room.name} {profile}.{version}")
    return Plan(profile, config, cls(), tuple(seeds), engine)


def _section(room: Room, params: dict[str, Any], profile: str) -> dict[str, Any]:
    if profile not in PROFILES:
        raise UserError(f"no profile {profile!r}." + nearest(profile, PROFILES))
    _known_keys(params, ("profile", *PROFILES), f"{room.name}/params.yaml")
    section = params.get(profile)
    if not isinstance(section, dict):
        raise UserError(f"{room.name}/params.yaml has no profile {profile!r}.")
    _known_keys(section, ("seeds", "sizes", *room.paper.versions), f"{room.name} {profile}")
    return section


def size_names(room: Room) -> list[str]:
    """The sizes at which the newest version is recorded too, in the order of params.yaml; often
    none. They are stages, so UserError unless every profile has the same ones."""
    params = read_yaml(room.path("params.yaml"))
    found = {p: list(_sizes(room, _section(room, params, p), p)) for p in PROFILES if p in params}
    names = found.get(params.get("profile", "cpu"), [])
    for profile, others in found.items():
        if set(others) != set(names):
            raise UserError(
                f"{room.name}/params.yaml: profile {profile} has the sizes {', '.join(others)}, "
                f"another one {', '.join(names)}: name the same in every profile."
            )
    return names


def _of_size(room: Room, section: dict[str, Any], profile: str, size: str) -> dict[str, Any]:
    """What params.yaml says of one size: parameters on top of the version's, maybe seeds and the
    engine."""
    sizes = _sizes(room, section, profile)
    if not sizes:
        raise UserError(f"{room.name} {profile} has no sizes: params.yaml lists none.")
    if size not in sizes:
        raise UserError(f"{room.name} {profile} has no size {size!r}." + nearest(size, sizes))
    return _mapping(sizes[size], f"{room.name} {profile}.sizes.{size}")


def _sizes(room: Room, section: dict[str, Any], profile: str) -> dict[str, Any]:
    where = f"{room.name} {profile}.sizes"
    sizes = _mapping(section.get("sizes"), where)
    if strange := [name for name in sizes if not SIZE.fullmatch(str(name))]:
        raise UserError(f"{where}: {strange[0]!r} is no name: begin with a-z, then a-z, 0-9, _.")
    return sizes


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict | None):
        raise UserError(f"{where} must be a mapping of names to values, not {shown(value)}.")
    return dict(value or {})


def _known_keys(mapping: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in mapping:
        if key not in known:
            raise UserError(f"{where} has no key {key!r}." + nearest(str(key), known))


def parse_override(text: str) -> tuple[str, Any]:
    """'layers=4' -> ('layers', 4). The value is read as YAML."""
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UserError(f"-S takes NAME=VALUE, not {text!r}.")
    try:
        return key.strip(), yaml.safe_load(value)
    except UNREADABLE:
        raise UserError(f"-S {key}: the value {shown(value)} cannot be read as YAML.") from None
