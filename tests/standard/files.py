"""The names of a room's files, the same in every room."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from common.commands.scaffold.questions import unanswered
from tests.standard.subject import Fault, Subject

VERSION, VARIANT = r"[a-z]\w*", r"[a-z]\w*(?:[+-][a-z0-9][\w-]*)?"
VOCABULARY = {  # every file of a room, as a pattern, and what it holds
    r"__init__\.py": "PAPER: title, versions, metric, dataset, what it cites",
    r"README\.md": "the paper explained",
    r"notes\.md": "measurements of speed and what was tried, where that is long",
    r"architecture\.yaml": "boxes, arrows and shapes of the figure in README",
    r"story\.md\.j2": "the words with which the report opens",
    r"params\.yaml": "what was run, per profile and version",
    r"task\.py": "the exam",
    r"ask\.py": "how a user tries a version, where versions share it",
    rf"{VERSION}/__init__\.py": "makes the version a package",
    rf"{VERSION}/model\.py": "Config and the model",
    rf"{VERSION}/train\.py": "wires the model to the exam and to fit",
    rf"{VERSION}/ask\.py": "how a user tries this version",
    rf"{VERSION}/kernel\.py": "C++ that the model may call, as text",
    rf"{VERSION}/decode\.py": "the same model laid out for writing token by token",
    rf"{VERSION}/published\.py": "reads published weights into the model",
    r"evidence/__init__\.py": "makes the evidence a package",
    r"evidence/claims\.py": "what the paper says",
    r"evidence/measures\.py": "how we measure it",
    r"evidence/experiments\.py": "short trainings on the spot, where a claim needs one",
    r"evidence/deviations\.py": "what versions do otherwise",
    r"evidence/injections\.py": "how that is put back",
    r"evidence/twins\.py": "implementations that we did not write, with our weights",
    r"evidence/baseline\.py": "the simple rival, where it is this paper's own",
    r"evidence/forecast\.py": "foretells a size that is not yet run, and writes it down",
    r"evidence/predicted\.py": "what was foretold, in plain numbers",
    r"evidence/pictures\.py": "pictures of what a trained version has learned, for README",
    r"evidence/exceptions\.yaml": "what of this standard the room cannot have, and why",
    r"tests/__init__\.py": "makes the tests a package",
    r"tests/(exam|shapes)\.py": "this room's side of the tests over all rooms",
    r"tests/(test|bench)_\w+\.py": "what is this paper's own",
    # made by the machine
    r"dvc\.(yaml|lock)": "the stages, and what they made of what",
    rf"runs/[\w+-]+/{VARIANT}\.json": "the records",
    rf"metrics/{VARIANT}\.json": "what `dvc metrics` shows",
    rf"curves/{VERSION}\.csv": "what `dvc plots` draws",
    rf"{VERSION}/golden([+-][a-z0-9][\w-]*)?\.csv": "golden runs",
    r"evidence/verdicts\.json": "verdicts and costs",
    r"data(-[\w-]+)?\.json": "the receipt of a dataset, not in git",
    rf"checkpoints/{VARIANT}/[\w.-]+": "weights, not in git",
    r"checkpoints/\.gitignore": "DVC's",
    r"demo/(weights\.safetensors|model\.json)": "weights in git: a clone without others answers",
}
PLAIN = [p.replace("\\", "") for p in VOCABULARY if re.fullmatch(r"[\w./\\]+", p)]
SPARED = (
    "notes.md",
    "ask.py",
    "evidence/baseline.py",
    "evidence/experiments.py",
    "evidence/forecast.py",
    "evidence/predicted.py",
    "evidence/pictures.py",
    "evidence/exceptions.yaml",
)
NEEDED = [name for name in PLAIN if name not in (*SPARED, "checkpoints/.gitignore")]


def names(subject: Subject) -> Iterator[Fault]:
    """Only the files of the vocabulary, and those that every room needs."""
    folder = subject.room.folder
    found = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    found = [name for name in found if "__pycache__" not in name]
    for name in found:
        if not any(re.fullmatch(pattern, name) for pattern in VOCABULARY):
            yield Fault(f"{name} is no name of the vocabulary: see tests/standard/files.py")
    for name in NEEDED:
        if name not in found:
            yield Fault(f"{name} is missing: {VOCABULARY[re.escape(name)]}")
    for name in found:
        place, _, rest = name.rpartition("/")
        made = place.split("/")[0] in ("runs", "metrics", "curves")
        if made and Path(rest).stem not in [*subject.variants, *subject.sizes]:
            yield Fault(f"{name} is of no version, trained deviation or size: delete it")


def decided(subject: Subject) -> Iterator[Fault]:
    """Every question of `papers new` has been answered and deleted."""
    for path in sorted(subject.room.folder.rglob("*")):
        if path.suffix in (".py", ".md", ".yaml", ".j2"):
            name = path.relative_to(subject.room.folder).as_posix()
            for question in unanswered(path.read_text(encoding="utf-8")):
                yield Fault(f"{name} asks: {question}")
