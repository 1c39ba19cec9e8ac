"""The descriptions that MLflow shows beside an experiment and a run, in markdown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from common.paper import Paper
from common.records.record import Record, SeedRun

SAMPLE_LINES = 40  # of one sample, in a description
NOTE_LENGTH = 7500  # below MLflow's limit on a tag


def experiment_note(paper: Paper, name: str, own: bool) -> str:
    """What the paper is, its versions, and how to read the table of runs."""
    link = f"[The paper]({paper.url})" if _is_link(paper.url) else plain(paper.url)
    versions = [f"- **{plain(v)}**: {plain(line)}" for v, line in paper.versions.items()]
    better = "lower" if paper.metric.lower_is_better else "higher"
    if own:
        kind = (
            "These are **your own runs**, under `local/`; the committed ones are in the experiment "
            f"{name}. `papers runs list {name}` shows both, `papers compare {name} version2 ID` "
            "compares them."
        )
    else:
        kind = f"The report is `reports/{name}.md`."
    return "\n".join(
        [
            f"{plain(paper.title)}, {plain(paper.authors)}, {paper.year}. {link}.",
            "",
            *versions,
            "",
            f"Compared by {plain(paper.metric.label)} ({better} is better). Each run is a version "
            "on one machine, with the mean over its seeds and the 95% interval (_low, _high). Its "
            f"name leads to its seeds; without the filter, the table shows them too. {kind}",
        ]
    )


def parent_note(
    record: Record,
    paper: Paper | None,
    intervals: dict[str, tuple[Any, int]],
    changed: str | None = None,
) -> str:
    """Means with intervals, machine, dataset and origin of a record."""
    what = paper.versions.get(record.version, "") if paper else ""
    title = f"**{plain(record.variant)}**" + (f": {plain(what)}" if what else "")
    if changed is not None:
        title += f" Your own run; changed: {plain(changed or 'nothing')}."
    rows = [
        f"| {plain(name)} | {s.mean:.5g} ({s.low:.5g} to {s.high:.5g}) | {n} |"
        for name, (s, n) in intervals.items()
    ]
    table = ["| metric | mean (95% interval) | seeds |", "| --- | --- | --- |", *rows]
    lines = [title, "", *table, "", *_origin(record), "", f"Seal `{record.seal[:12]}`."]
    return _fit(lines)


def seed_note(record: Record, run: SeedRun) -> str:
    """Where to find the curves, and what the model wrote."""
    head = [
        f"{plain(record.paper)}, {plain(record.variant)}, **seed {run.seed}**. Curves stand under "
        "*Model metrics*; tokens or seconds can be put on the x axis there.",
        "",
        *_origin(record),
    ]
    for i, sample in enumerate(run.samples):
        head += ["", f"Sample {i + 1}:", "", *_block(sample)]
    return _fit(head)


def samples_text(runs: Iterable[SeedRun]) -> str:
    """All samples, one below the other, under a heading each."""
    blocks = [
        f"=== seed {run.seed}, sample {i + 1} ===\n{sample}\n"
        for run in runs
        for i, sample in enumerate(run.samples)
    ]
    return "\n".join(blocks) or "This task draws no samples.\n"


def plain(text: str) -> str:
    """Text that markdown and HTML show as it is, on one line."""
    text = " ".join(text.split())
    for character, entity in {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.items():
        text = text.replace(character, entity)
    return "".join(f"\\{c}" if c in "\\`*_[]|#~!" else c for c in text)


def _origin(record: Record) -> list[str]:
    machine, lines, told = record.hardware, [], []
    for use, data in record.datasets.items():
        what = f"{plain(data.name)} (sha256 {plain(data.sha256[:12])})"
        told.append(f"{what} for {use}" if use else what)
        if data.stand_in_for:
            lines += [f"**Stand-in data: {plain(data.name)} for {plain(data.stand_in_for)}.**", ""]
    device = machine.accelerator or machine.processor
    threads = f"{machine.threads} thread" + ("s" if machine.threads > 1 else "")
    lines.append(
        f"Ran on {plain(device)}, {threads}, {plain(machine.dtype)}, profile "
        f"{plain(record.profile)}, data {', '.join(told)}."
    )
    return lines


def _block(text: str) -> list[str]:
    """An indented code block: unlike a fence, nothing in the text can close it."""
    lines = text.splitlines() or [""]
    cut = ["…"] if len(lines) > SAMPLE_LINES else []
    return [f"    {line}" for line in lines[:SAMPLE_LINES] + cut]


def _fit(lines: list[str]) -> str:
    text = "\n".join(lines)
    return text if len(text) <= NOTE_LENGTH else text[: NOTE_LENGTH - 1] + "…"


def _is_link(url: str) -> bool:
    return url.startswith(("https://", "http://")) and not set(url) & set(" ()<>[]\"'\\\n\r\t")
