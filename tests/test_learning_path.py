"""The course: its stages have their parts, its commands can be given, its answers are right."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from common.evidence.wording import told
from common.paper import room, rooms
from common.records.record import read_records
from tests.links import astray
from tests.written_commands import commands, refused

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SPINE = DOCS / "learning-path.md"
LEARNERS = [SPINE, *(DOCS / f"{name}.md" for name in ("experiments", "outputs", "troubleshooting"))]
STAGES = sorted((DOCS / "course").glob("*.md"), key=lambda path: int(path.stem.split("-")[0]))
TEXTS = {path.name: path.read_text(encoding="utf-8") for path in [*STAGES, *LEARNERS]}
PARTS = ("**Read**", "**Run**", "**Change**", "**See**")
LONGEST = 25  # minutes of a step
STEP = re.compile(r"(?ms)^## Step \d+: (.+?) \((\d+) minutes\)\n(.*?)(?=^## )")
ANSWER = re.compile(r"(?s)<details><summary>Answer</summary>\n\n.+?\n\n</details>\n")
SNIPPET = re.compile(r"^```python\n(.*?)^```\n```text\n(.*?)^```", re.M | re.S)


def lacking(text: str) -> list[str]:
    """What a stage's page lacks."""
    faults = []
    head = text.partition("\n## ")[0]
    faults += [f"no {part}" for part in ("**Time:**", "**Needs:**") if part not in head]
    steps = STEP.findall(text)
    if len(steps) != text.count("\n## Step ") or not steps:
        faults.append("a step without a time in minutes")
    for title, minutes, step in steps:
        if int(minutes) > LONGEST:
            faults.append(f"{title}: {minutes} minutes")
        faults += [f"{title}: no {part}" for part in PARTS if step.count(f"- {part}") != 1]
        if not commands(step):
            faults.append(f"{title}: no command")
    if "```text\n" not in text.partition("\n## You are done when")[0]:
        faults.append("no expected output")
    if "\n## You are done when\n\nYou are done when you can " not in text:
        faults.append("no check")
    exercises = text.partition("\n## Exercises\n")[2].split("\n### ")[1:]
    if len(exercises) not in (2, 3):
        faults.append(f"{len(exercises)} exercises")
    faults += [
        f"exercise {exercise.splitlines()[0]}: no folded answer"
        for exercise in exercises
        if len(ANSWER.findall(exercise)) != 1 or not exercise.partition("<details>")[0].strip()
    ]
    return faults


ALL = [(name, shlex.join(words)) for name, text in TEXTS.items() for words in commands(text)]


@pytest.mark.parametrize(("page", "command"), sorted(set(ALL)))
def test_a_command_can_be_given(page: str, command: str) -> None:
    assert refused(shlex.split(command)) is None, page


@pytest.mark.parametrize(
    "command",
    [
        "papers learn rnn",
        "papers train rnn version9",
        "papers train rnn version2 --deviation adagrat",
        "papers train rnn version2 -S hiden=16",
        "papers train rnn version2 --profile smole",
        "papers train rnm version2",
        "papers train rnn version2 --size letters",
        "papers generate rnn --version version2+adagrat",
        "papers generate rnn --temprature 1",
        "papers claims adam step-bond",
        "papers deviations rnn adagrat",
        "papers compare rnn version1 version9",
        "papers compare rnn version1",
    ],
)
def test_a_command_that_cannot_be_given_is_noticed(command: str) -> None:
    assert refused(shlex.split(command))


def test_commands_are_found_in_blocks_and_in_sentences() -> None:
    text = "Say `papers list`.\n```\npapers train rnn \\\n    version1\nls\n```\nNo papers, `x`."
    assert commands(text) == [["papers", "train", "rnn", "version1"], ["papers", "list"]]
    assert all(len(commands(TEXTS[path.name])) > 3 for path in STAGES)


@pytest.mark.parametrize("path", STAGES, ids=lambda path: path.stem)
def test_a_stage_has_its_parts(path: Path) -> None:
    assert lacking(TEXTS[path.name]) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("**Time:**", "Time:", "no **Time:**"),
        ("**Needs:**", "", "no **Needs:**"),
        ("(25 minutes)", "(40 minutes)", "40 minutes"),
        ("(25 minutes)", "", "without a time"),
        ("- **Change**", "- Change", "no **Change**"),
        ("- **See**", "- Then", "no **See**"),
        ("You are done when you can", "You can", "no check"),
        ("<details>", "", "no folded answer"),
        ("<details><summary>Answer", "<summary>Answer", "no folded answer"),
        ("```text\n", "```\n", "no expected output"),
        ("\n### ", "\n#### ", "0 exercises"),
    ],
)
def test_a_part_that_is_missing_is_noticed(old: str, new: str, said: str) -> None:
    text = TEXTS[STAGES[0].name]
    assert old in text and any(said in fault for fault in lacking(text.replace(old, new)))


def strangers(texts: dict[str, str]) -> tuple[list[str], list[str]]:
    """Rooms with no step of their own, and rooms with steps in more than one stage."""
    link = r"^## Step \d+: \[(\w+)\]\(\.\./\.\./papers/\1/\)"
    own = {path.name: set(re.findall(link, texts[path.name], re.M)) for path in STAGES}
    count = {name: sum(name in found for found in own.values()) for name in rooms()}
    return [n for n, c in count.items() if c == 0], [n for n, c in count.items() if c > 1]


def test_every_room_stands_in_exactly_one_stage() -> None:
    assert strangers(TEXTS) == ([], [])
    page = STAGES[0].name
    without = TEXTS[page].replace("(../../papers/ngram/), a", "(ngram), a")
    assert strangers({**TEXTS, page: without}) == (["ngram"], [])
    twice = TEXTS[page] + "\n## Step 3: [gru](../../papers/gru/), again (5 minutes)\n"
    assert strangers({**TEXTS, page: twice}) == ([], ["gru"])


def test_the_path_leads_through_all_stages_in_order() -> None:
    table = re.findall(r"(?m)^\| (\d+)\. \[(.+?)\]\(course/(.+?)\) \| (.+?) \|", TEXTS[SPINE.name])
    assert [name for _, _, name, _ in table] == [path.name for path in STAGES]
    for i, (number, title, name, listed) in enumerate(table):
        text = TEXTS[name]
        assert text.startswith(f"# {number}. {title}\n")
        assert {r for r in rooms() if f"]({'../' * 2}papers/{r}/), " in text} == set(
            listed.split(", ")
        )
        around = [path.name for path in STAGES[max(i - 1, 0) : i + 2] if path.name != name]
        back = "[Learning path](../learning-path.md)"
        ways = [line for line in text.splitlines() if back in line]
        assert len(ways) == 2 and all(re.findall(r"\]\((\d[^)]+)\)", w) == around for w in ways)
    assert [r for r in rooms() if f"[{r}](../papers/{r}/)" not in TEXTS[SPINE.name]] == []


@pytest.mark.parametrize("path", [*STAGES, *LEARNERS], ids=lambda path: path.stem)
def test_links_lead_somewhere(path: Path) -> None:
    assert astray(path) == []


SNIPPETS = {
    f"{path.stem}-{i}": found
    for path in STAGES
    for i, found in enumerate(SNIPPET.findall(TEXTS[path.name]), 1)
}


@pytest.mark.parametrize("name", SNIPPETS)
def test_an_answer_prints_what_stands_below_it(name, tmp_path, monkeypatch, capsys) -> None:
    code, printed = SNIPPETS[name]
    module = re.sub(r"\W", "_", f"answer_{name}")
    (tmp_path / f"{module}.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    importlib.import_module(module)
    del sys.modules[module]
    assert capsys.readouterr().out == printed


def test_no_answer_is_left_out() -> None:
    assert sum(TEXTS[path.name].count("```python") for path in STAGES) == len(SNIPPETS) > 15


def quoted() -> list[tuple[str, str, str]]:
    """(page, room, line) of each line of `papers claims` and `papers deviations` in a stage."""
    found = []
    for path in STAGES:
        for step in re.split(r"(?m)^## ", TEXTS[path.name]):
            asked = re.findall(r"`papers (?:claims|deviations) (\w+)", step)
            for block in re.findall(r"(?ms)^```text\n(.*?)^```", step):
                rows = [re.split(r" {2,}", line) for line in block.splitlines()]
                lines = ["  ".join(row) for row in rows if len(row) == 4 and row[0]]
                found += [(path.name, name, line) for name in asked[:1] for line in lines]
    return found


def stale(name: str, line: str) -> str | None:
    """What in a quoted line is not what the records say now: a number may move within the
    interval of its record, so another processor's digits do."""
    id, kind, third, fourth = line.split("  ")
    verdicts = json.loads(room(name).path("evidence/verdicts.json").read_text(encoding="utf-8"))
    for row in verdicts["deviations"]:
        if row["id"] == id:
            return differs(row["cost"], row, third) or (kind != row["kind"] and "kind") or None
    for row in verdicts["claims"]:
        if row["id"] == id:
            fault = third != row["sentence"] and "sentence"
            fault = fault or (kind != told(row) and f"{told(row)}, not {kind}")
            return fault or differs(row["value"], row, fourth)
    return f"{name} has no {id}"


def differs(now, row: dict, text: str) -> str | None:
    said = re.match(r"[+-]?[\d.]+(?:e[+-]?\d+)?", text)
    if not said or not isinstance(now, int | float):
        return None if str(now) in text else f"{now}, not {text}"
    low, high = row.get("low"), row.get("high")
    if low is None or high is None:
        low, high = now - abs(now) / 50, now + abs(now) / 50
    return None if low <= float(said.group()) <= high or abs(now) < 1e-4 else f"{now}, not {text}"


@pytest.mark.parametrize(("page", "name", "line"), quoted())
def test_a_quoted_line_is_what_the_records_say(page: str, name: str, line: str) -> None:
    assert stale(name, line) is None, page


def test_another_number_would_be_noticed() -> None:
    page, name, line = next(found for found in quoted() if found[1] == "ngram")
    assert stale(name, line) is None
    assert stale(name, line.replace("+1.2", "+2.2")) and stale(name, line.replace("bug", "choice"))
    assert stale(name, f"un{line}") and len(quoted()) > 40


ENDED = re.compile(r"`papers samples (\w+) --version (\w+)`, ([\d.]+) .*\n\n```text\n([^`]+)```")


def unrecorded(text: str) -> list[str]:
    """Rooms whose output at the end of training, or its number, no record has."""
    found = []
    for name, version, value, output in ENDED.findall(text):
        home = room(name)
        seeds = [s for r in read_records(home.folder) if r.variant == version for s in r.seeds]
        values = {f"{seed.metrics[home.paper.metric.name]:.3f}" for seed in seeds}
        lines = [line.removesuffix(" …") for line in output.splitlines()]
        samples = [sample for seed in seeds for sample in seed.samples]
        if value not in values or not any(all(x in sample for x in lines) for sample in samples):
            found.append(name)
    return found


def test_an_output_at_the_end_of_training_is_a_records() -> None:
    text = TEXTS["outputs.md"]
    assert text.count("`papers samples ") - 1 == len(ENDED.findall(text)) > 5
    assert unrecorded(text) == []


def test_another_output_would_be_noticed() -> None:
    text = TEXTS["outputs.md"]
    name, _, value, output = ENDED.findall(text)[0]
    assert unrecorded(text.replace(output, f"{output}More.\n")) == [name]
    assert unrecorded(text.replace(f"`, {value} ", f"`, 1{value} ", 1)) != []
