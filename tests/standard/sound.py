"""A made-up room that meets the standard, from which tests take one thing away."""

from __future__ import annotations

from pathlib import Path

from common.commands.scaffold.making import TEMPLATE
from common.evidence.verdicts import FILE, seal
from common.paper import Room
from common.records.record import record_path, write_json, write_record
from tests.factory import make_records, make_room
from tests.reporting import make_claim, make_deviation, write_evidence
from tests.standard.files import NEEDED
from tests.standard.pages import PARTS
from tests.toy import forget, write

NAME = "sound"
RUNGS = ("sum", "warm", "cold")
OTHERS = {"test-cpu-2t-float32": 2, "test-cpu-1t-bfloat16": 1}  # threads
CLAIMS = '''"""What the paper says."""

from common.evidence.claims import Claim
from papers.sound.evidence import measures as m

CLAIMS = (
    Claim("count", "Table 1", "It has 12 parameters.", "exact", m.count),
    Claim("same", "Eq. 1", "It is torch's.", "equivalence", m.same),
    Claim("better", "Sec. 3", "Version 2 is better.", "direction", m.better),
    Claim("goal", "this repository", "It is good.", "direction", m.better),
    Claim("code", "Author 1990, train.py", "It is quick.", "direction", m.better),
    Claim("scale", "Fig. 2", "It scales.", "out of reach", reason="needs a cluster"),
)
'''
MEASURES = '''"""How the claims are measured."""


def count():
    """Not called here."""


same = better = count
'''
DEVIATIONS = '''"""What versions do otherwise."""

from common.evidence.deviations import Deviation
from papers.sound.evidence import injections as put

TOLD = {
    "place": "Sec. 2", "paper_says": "one thing", "code_does": "another", "kind": "bug",
    "introduced": "version1", "fixed": "version2", "source": "an issue",
    "inject": put.mistake, "invariant": put.holds,
}
DEVIATIONS = (
    Deviation("sum", "Sum", **TOLD),
    Deviation("warm", "Warm", **TOLD),
    Deviation("cold", "Cold", **TOLD),
    Deviation("untrained", "Not run", trained=False, **TOLD),
    Deviation("unseen", "Not seen", trained=False, **TOLD),
)
'''
INJECTIONS = '''"""How that is put back."""


def mistake(model):
    return {"Config": None}


def holds(model):
    assert model.Config
'''
MODEL = '''"""A model."""

from dataclasses import dataclass

import torch  # noqa: F401


@dataclass(frozen=True)
class Config:
    steps: int = 3
'''
PARAMS = "profile: cpu\ncpu:\n  seeds: [0, 1, 2, 3, 4, 5, 6]\n  version1: {}\n  version2: {}\n"
STORY = '{% set short = "Sound" %}{% set baseline = guess(64, "guessing", "guessing") %}Nothing.\n'
WORDS = "Enough words for a part of a page, so that a reader learns what there is to know of it. "
BODIES = {
    "The idea": WORDS + "\n\n![What the idea looks like](../../docs/pictures/sound.svg)",
    "The mathematics": WORDS + "$y = Wx$",
    "The architecture": WORDS + "\n\n![What flows from box to box in it]"
    "(../../reports/figures/sound-architecture.svg)",
    "What each version teaches": WORDS + "version1, version2",
    "Implementation details": "1. One (Sec. 2).\n2. Two (a/b#3).\n3. Three (Eq. 1).\n"
    "4. Four, of which nothing is known.\n5. Five, which everybody knows, and has known long.\n",
}


BETTER = make_claim(
    "better", "direction", "reproduced", value=10.0, low=9.0, high=11.0, unit="BLEU"
)


def make_sound(root: Path) -> Room:
    """The room under `root`, with records on three hardwares."""
    folder = root / "papers" / NAME
    variants = {"version1": 2.2, "version2": 2.0}
    rungs = {f"version2+{rung}": 2.3 for rung in RUNGS}
    make_room(root, NAME, {**variants, **rungs}, seeds=range(7), seconds=10.0)
    for place, threads in OTHERS.items():
        for record in make_records(NAME, variants, [place], seeds=range(7)):
            hardware = record.hardware.model_copy(update={"threads": threads})
            other = record.model_copy(update={"hardware": hardware}).sealed()
            write_record(record_path(folder, other), other)
    for version in variants:
        write(folder / version / "__init__.py", "")
        write(folder / version / "model.py", MODEL)
        write(folder / version / "train.py", '"""Trains it."""\n')
        write(
            folder / version / "ask.py",
            '"""Asks it."""\n\n\ndef load(checkpoint):\n    """Nothing."""\n',
        )
    for golden in ("version1/golden", "version2/golden", *(f"version2/golden+{r}" for r in RUNGS)):
        write(folder / f"{golden}.csv", "name,value\n")
    texts = {"claims": CLAIMS, "measures": MEASURES, "deviations": DEVIATIONS}
    texts |= {"injections": INJECTIONS, "twins": '"""Theirs."""\n\nimport torch  # noqa: F401\n'}
    for name, text in texts.items():
        write(folder / "evidence" / f"{name}.py", text)
    write(folder / "params.yaml", PARAMS)
    write(folder / "story.md.j2", STORY)
    picture = (TEMPLATE / "architecture.yaml.txt").read_text(encoding="utf-8")
    write(folder / "architecture.yaml", picture)
    write(root / f"reports/{NAME}.md", "# Report\n")
    for path in ("reports/figures/sound-architecture.svg", "docs/pictures/sound.svg"):
        write(root / path, "<svg/>")
    parts = "".join(f"## {heading}\n\n{BODIES.get(heading, WORDS)}\n\n" for heading in PARTS)
    write(folder / "README.md", f"# Sound\n\n[It](../../reports/{NAME}.md)\n\n{parts}")
    content = write_evidence(root, NAME, [BETTER], [make_deviation(rung) for rung in RUNGS])
    content["pairs"] = {"better": {"better": {"0": 20.0}, "worse": {"0": 10.0}, "sign": 1}}
    write_json(folder / FILE, {**content, "seal": seal(content)})
    for name in NEEDED:
        if not (folder / name).is_file():
            write(folder / name, "")
    forget(NAME)
    return Room(NAME, folder)
