"""What a room may lack, each with the check that must say so and its words."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

from common.evidence.verdicts import FILE, seal
from common.records.record import read_records, record_path, write_json
from tests.standard import Check, excuses, files, pages, proof, runs
from tests.standard.pages import PARTS

Change = Callable[[Path], object]  # to the room in that folder


def without(path: str) -> Change:
    return lambda folder: (folder / path).unlink()


def adding(path: str, text: str = "") -> Change:
    def change(folder: Path) -> None:
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")

    return change


def replacing(path: str, old: str, new: str) -> Change:
    """`old` is a regular expression that is there."""

    def change(folder: Path) -> None:
        text = (folder / path).read_text(encoding="utf-8")
        found, count = re.subn(old, new, text, flags=re.DOTALL)
        assert count, (path, old)
        (folder / path).write_text(found, encoding="utf-8")

    return change


def claims(old: str, new: str) -> Change:
    return replacing("evidence/claims.py", old, new)


def readme(old: str, new: str) -> Change:
    return replacing("README.md", old, new)


def slow(folder: Path) -> None:
    """A record that says it took an hour."""
    for record in read_records(folder):
        longer = record.model_copy(update={"seconds": 3600.0}).sealed()
        write_json(record_path(folder, longer), longer.model_dump(mode="json"))


def unjudged(folder: Path) -> None:
    content = json.loads((folder / FILE).read_text(encoding="utf-8"))
    content["deviations"] = [d for d in content["deviations"] if d["id"] != "sum"]
    write_json(folder / FILE, {**content, "seal": seal(content)})


def on_one_hardware(folder: Path) -> None:
    for place in folder.glob("runs/*"):
        if place.name != PRIMARY:
            shutil.rmtree(place)


def undrawn(folder: Path) -> None:
    (folder.parents[1] / "reports/figures/sound-architecture.svg").unlink()


PRIMARY = "test-cpu-1t-float32"
FIGURE, PICTURE = "architecture.yaml", "reports/figures/sound-architecture.svg"
OTHERS = [f"runs/test-cpu-{kind}/version1.json" for kind in ("1t-bfloat16", "2t-float32")]
LAST = r"    [A-Z]\w+\([^()]*\),\n\)\n$"  # the last entry of a list
LACKING: dict[str, tuple[Check, Change, str]] = {
    "names": (files.names, adding("evidence/trials.py"), "evidence/trials.py is no name of the"),
    "question": (
        files.decided,
        adding("task.py", "# Decide here: on which data?\n"),
        "task.py asks: on which data?",
    ),
    "story": (files.names, without("story.md.j2"), "story.md.j2 is missing: the words with which"),
    "tests": (files.names, without("tests/__init__.py"), "tests/__init__.py is missing"),
    "measures": (files.names, without("evidence/measures.py"), "evidence/measures.py is missing"),
    "variant": (
        files.names,
        adding("metrics/version3.json"),
        "metrics/version3.json is of no version",
    ),
    **{
        f"part {part}": (pages.readme, readme(f"## {part}", "## Other"), f"'## {part}' is missing")
        for part in PARTS
    },
    "words": (
        pages.readme,
        readme("limits\n\nEnough words.*?## T", "limits\n\n## T"),
        "hardly a word",
    ),
    "order": (pages.readme, readme("(## The i.*?)(## .*?)(## )", r"\2\1\3"), "in another order"),
    "equation": (pages.readme, readme("y = Wx", "y"), "has no equation"),
    "version": (pages.readme, readme(", version2", ""), "does not say what version2 teaches"),
    "sources": (
        pages.readme,
        readme(r"\(a/b#3\)|\(Eq. 1\)", ""),
        "implementation details 1 name",
    ),
    "report": (pages.readme, readme(r"reports/sound\.md", "x"), "no link to its report"),
    "link": (pages.readme, readme("y = Wx", "y = [W](none.py)"), "links to none.py, which is not"),
    "heading": (
        pages.readme,
        readme("y = Wx", "y = [W](#none)"),
        "links to #none, which has no such heading",
    ),
    "notes": (pages.notes, adding("notes.md", "# Notes\n"), "does not link to a part of notes.md"),
    "stray": (pages.notes, adding("notes.md", "[W](none.py)\n"), "notes.md links to none.py"),
    "picture": (pages.figure, readme(r"!\[", "["), f"does not show {PICTURE}"),
    "drawing": (pages.figure, undrawn, "`papers report` draws it"),
    "idea": (pages.picture, readme(r"!\[[^\]]*\]\(../../docs/pictures", "(x"), "shows no picture"),
    "shapes": (pages.figure, replacing(FIGURE, r"\(B, V\)", "x"), "fewer than three arrows"),
    "letter": (pages.figure, replacing(FIGURE, "V symbols", "symbols"), "what V stands for"),
    "claims": (proof.claims, claims(LAST, ")\n"), "5 claims; at least 6"),
    "exact": (proof.claims, claims('"exact"', '"direction"'), "no exact claim"),
    "equivalence": (proof.claims, claims('"equivalence"', '"exact"'), "no equivalence with code"),
    "twins": (proof.claims, adding("evidence/twins.py", "import common\n"), "we did not write"),
    "directions": (proof.claims, claims('"direction"', '"exact"'), "fewer than 2 claims on a"),
    "place": (proof.claims, claims("Table 1", "the model"), "'the model' names no section"),
    "contents": (
        proof.contents,
        claims("CLAIMS = ", "def own():\n    1\n\n\nCLAIMS = "),
        "own belongs to",
    ),
    "deviations": (
        proof.deviations,
        replacing("evidence/deviations.py", LAST, ")\n"),
        "4 deviations; at least 5",
    ),
    "trained": (
        proof.deviations,
        replacing("evidence/deviations.py", '"Sum", ', '"Sum", trained=False, '),
        "2 trained deviations of 3",
    ),
    "cost": (proof.deviations, unjudged, "deviation 'sum' has no cost"),
    "seeds": (proof.seeds, replacing("params.yaml", ", 6]", "]"), "6 seeds; 3 directions need 7"),
    "hardware": (runs.hardware, without(OTHERS[0]), "wanted are 3 (where it cannot be had"),
    "threads": (runs.hardware, without(OTHERS[1]), "with one count of threads alone"),
    "others": (runs.hardware, on_one_hardware, f"version2 is recorded on {PRIMARY}; wanted are 3"),
    "recorded": (
        runs.recorded,
        without(f"runs/{PRIMARY}/version2+warm.json"),
        f"version2+warm has no record on {PRIMARY}",
    ),
    "golden": (
        runs.golden,
        without("version2/golden+warm.csv"),
        "golden+warm.csv is missing",
    ),
    "budget": (runs.budget, slow, "a room has 480 s"),
    "baseline": (runs.baseline, adding("story.md.j2", "Nothing."), "sets no baseline"),
    "measure": (
        runs.baseline,
        replacing("story.md.j2", r"guess\(.*?\)", "claimed('better', 'table', 'a table')"),
        "the baseline, 'table', is in another measure than bits_per_character",
    ),
    "ask": (runs.ask, without("version2/ask.py"), "version2/ask.py is missing"),
    "load": (runs.ask, adding("version2/ask.py"), "version2/ask.py has no load(checkpoint)"),
    "need": (
        excuses,
        adding("evidence/exceptions.yaml", "ask: It cannot speak at all.\n"),
        "'ask' excuses nothing",
    ),
    "reason": (excuses, adding("evidence/exceptions.yaml", "ask: Hard.\n"), "'ask' needs a reason"),
}
