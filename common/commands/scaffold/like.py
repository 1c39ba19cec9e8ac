"""`papers new --like`: the files of a room that stands, with one example in each list of evidence.

Models, exam and tests come as they are, so that the new room runs, and are replaced one by one.
What a machine made, and what is only true of the other paper, stays behind.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

from common.commands.scaffold.trimming import drop_unused, entries, given, keep_entries
from common.errors import UserError
from common.paper import Room

CLAIMS, DEVIATIONS = "evidence/claims.py", "evidence/deviations.py"
NEEDED = (CLAIMS, DEVIATIONS, "architecture.yaml", "params.yaml", "story.md.j2")
PROFILES = ("profile", "cpu", "smoke")
BLANK = {  # what is asked of PAPER anew; None: left out
    "title": '"My Paper"',
    "authors": '"Name the authors"',
    "year": "2000",
    "url": '"https://doi.org/10.1000/182"',
    "also": None,
}


def files(source: Room, template: Mapping[str, str]) -> dict[str, str]:
    """The texts of the new room by path, speaking of my_paper; the template has the pages.

    UserError for a room that is not whole.
    """
    folder = source.folder
    for name in NEEDED:
        if not (folder / name).is_file():
            raise UserError(f"papers/{source.name} has no {name}: take another room, e.g. rnn.")
    texts = {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.py"))
        if not _measures(path)
    }
    texts["__init__.py"] = _introduction(texts["__init__.py"])
    for name in ("architecture.yaml", "params.yaml"):
        texts[name] = (folder / name).read_text(encoding="utf-8")
    texts["params.yaml"] = _params(texts["params.yaml"], template["params.yaml"])
    texts["README.md"] = _readme(template["README.md"], source)
    story = (folder / "story.md.j2").read_text(encoding="utf-8")
    texts["story.md.j2"] = _story(template["story.md.j2"], story)
    _one_example_each(texts, named=set(re.findall(r'claimed\("([^"]+)"', texts["story.md.j2"])))
    return {path: renamed(text, source.name, "my_paper") for path, text in texts.items()}


def _measures(path: Path) -> bool:
    """Whether the file measures how fast or how far the source goes, or tests one that does."""
    return path.name.startswith("bench_") or "import bench_" in path.read_text(encoding="utf-8")


def renamed(text: str, old: str, new: str) -> str:
    """The text with the room's name replaced where it stands for the room, and is no other word."""
    name = re.escape(old)
    text = re.sub(rf"(papers[./]|reports/|\bpapers [a-z]+ ){name}\b", rf"\g<1>{new}", text)
    return re.sub(rf'"{name}"', f'"{new}"', text)


def _one_example_each(texts: dict[str, str], named: set[str]) -> None:
    """The first claim of each kind, and those `named`; a trained deviation, and those in use."""
    kinds: dict[str, str] = {}
    for entry in entries(texts[CLAIMS], "CLAIMS"):
        kinds.setdefault(given(entry, "kind"), given(entry, "id"))
    wanted = named | set(kinds.values())
    texts[CLAIMS] = keep_entries(
        texts[CLAIMS], "CLAIMS", lambda entry: given(entry, "id") in wanted
    )
    evidence = [p for p in texts if p.startswith("evidence/") and not p.endswith("__init__.py")]
    spared = ("CLAIMS", "DEVIATIONS")
    drop_unused(texts, [p for p in evidence if p != DEVIATIONS], spared)
    users = "".join(
        text
        for path, text in texts.items()
        if path in (CLAIMS, "evidence/measures.py")
        or re.search(r"find_deviation|injection\(", text)
    )
    trained = [
        given(entry, "id")
        for entry in entries(texts[DEVIATIONS], "DEVIATIONS")
        if not any(keyword.arg == "trained" for keyword in entry.keywords)
    ]
    texts[DEVIATIONS] = keep_entries(
        texts[DEVIATIONS],
        "DEVIATIONS",
        lambda entry: (
            given(entry, "id") in trained[:1]
            or re.search(rf'["+]{re.escape(given(entry, "id"))}"', users) is not None
        ),
    )
    drop_unused(texts, evidence, spared)


def _introduction(text: str) -> str:
    """PAPER with a title, authors, year and link to be filled in."""
    docstring = '"""My Paper: say in one sentence what the paper brought."""\n'
    tree = ast.parse(text)
    lines = text.splitlines(keepends=True)
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    [paper] = [call for call in calls if ast.unparse(call.func) == "Paper"]
    for keyword in reversed(paper.keywords):
        if keyword.arg in BLANK:
            value = BLANK[keyword.arg]
            new = [f"    {keyword.arg}={value},\n"] if value else []
            lines[keyword.lineno - 1 : keyword.end_lineno] = new
    return docstring + "".join(lines[tree.body[0].end_lineno :])


def _params(text: str, template: str) -> str:
    """The profiles that every room needs, without the words about the other paper's numbers."""
    heading = "".join(line for line in template.splitlines(keepends=True) if line.startswith("#"))
    plain = re.sub(r"(?m)^ *#.*\n| +#.*$", "", text)
    blocks = re.split(r"(?m)^(?=\w)", plain)
    kept = [block.rstrip() for block in blocks if block.partition(":")[0] in PROFILES]
    return heading + "\n\n".join(kept) + "\n"


def _readme(template: str, source: Room) -> str:
    """The parts of a README, with a row for each version."""
    row = next(line for line in template.splitlines() if line.startswith("| [version1]"))
    rows = [f"| [{v}]({v}/model.py) | {says} |" for v, says in source.paper.versions.items()]
    return template.replace(row, "\n".join(rows))


def _story(template: str, text: str) -> str:
    """The template's words around the other room's baseline, which the new exam has as well."""
    baseline = re.search(r"(?m)^\{% set baseline = .*$", text)
    rival = baseline[0] if baseline else ""
    told = re.sub(r"(?m)^\{% set baseline = .*$", lambda _: rival, template)
    return told.replace("a table of pairs", "its kind and size")
