"""What a metric is called in MLflow, and back: short keys, in sections by their prefix.

MLflow draws a section of charts for each prefix, and 14 characters fit the head of a column.
Without a prefix stand the paper's metric, its interval, and what it cost.
"""

from __future__ import annotations

import hashlib
import json
import posixpath
import re

from common.records.record import MEASURED, Record

CURVE, AXIS, EVALUATION, INTERVAL = "curve/", "x-axis/", "eval/", "interval/"
BAND = "curve-interval/"  # of the mean curve
NAMED = "losses."  # before the name of a loss among a curve's columns
AXES = ("tokens", "seconds")  # columns of a curve that can be put on the x axis
SYSTEM = {  # of a seed: a record's name -> the key
    "training_seconds": "seconds",
    "tokens_per_second": "tokens_per_s",
    "peak_memory_mib": "memory_mib",
}
PARTS = ("low", "high")  # of an interval
SHORTER = {"character": "char"}
KEY_LENGTH = 250


def curve_key(column: str, phase: str | None = None) -> str:
    """The key of a column of a curve: "curve/loss", of a run in phases "curve/pretrain/loss"."""
    section = AXIS if column in AXES else CURVE
    return f"{section}{f'{phase}/' if phase else ''}{column.removeprefix(NAMED)}"


def column_of(key: str) -> tuple[str, str]:
    """(phase, column) of a curve's key; the phase is "" where the run has none."""
    phase, _, column = key.removeprefix(CURVE).removeprefix(AXIS).rpartition("/")
    return phase, column if column in (*MEASURED, *AXES) else f"{NAMED}{column}"


def metric_keys(record: Record, headline: str | None) -> dict[str, str]:
    """Metric of the record -> its key: allowed, unique; `headline` is the one without a prefix."""
    names = dict.fromkeys(name for run in record.seeds for name in run.metrics)
    taken, keys = set(SYSTEM.values()), {}
    for name in names:
        key = short(name) if name == headline else EVALUATION + safe_key(name)
        if key in taken:
            key = f"{key}_{_digest(name)}"
        taken.add(key)
        keys[name] = key
    return keys


def short(name: str) -> str:
    """The key of a paper's metric, for the head of a column."""
    for word, shorter in SHORTER.items():
        name = name.replace(word, shorter)
    return safe_key(name)


def part_key(key: str, part: str) -> str:
    """The key of an end of a metric's interval, or of its number of seeds.

    That of bits_per_char is bits_low: MLflow sorts columns by name, so they stand together.
    """
    if key.startswith(EVALUATION):
        return f"{INTERVAL}{key.removeprefix(EVALUATION)}_{part}"
    whole = key.endswith(tuple(f"_{end}" for end in (*PARTS, "n")))
    return f"{key if whole else key.partition('_')[0]}_{part}"


def names_tag(keys: dict[str, str]) -> dict[str, str]:
    """The tag that keeps the names which `names_of` could not tell from the keys alone."""
    names = {key: name for name, key in keys.items() if key != EVALUATION + name}
    return {"metric_names": json.dumps(names)} if names else {}


def names_of(tag: str) -> dict[str, str]:
    """Key -> name, of the tag's metrics and of the ends of their intervals."""
    names = json.loads(tag)
    ends = {part_key(k, part): f"{n}_{part}" for k, n in names.items() for part in (*PARTS, "n")}
    return {known: name for name, known in SYSTEM.items()} | ends | names


def name_of(key: str, names: dict[str, str]) -> str:
    """The record's name of a metric; `names` are those of `names_of`."""
    return names.get(key, key.removeprefix(EVALUATION).removeprefix(INTERVAL))


def safe_key(name: str, length: int = KEY_LENGTH - 30) -> str:
    """A key that MLflow takes: letters, digits and `_-. /`, no path tricks, at most 220 long."""
    key = re.sub(r"[^A-Za-z0-9_\-. /]", "_", name.replace("@", "_at_"))
    key = posixpath.normpath(key).replace("..", "_").strip("/ ")
    key = re.sub(r"^\.$|^$", "_", key)
    if len(key) > length:
        key = f"{key[: length - 7]}_{_digest(name)}"
    return key


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:6]
