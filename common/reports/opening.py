"""The first sentences of a paper's page: what it is, how small, what held, what it cost."""

from __future__ import annotations

from statistics import median

from common.data.catalog import load_catalog
from common.evidence import wording as verdicts
from common.reports import tables
from common.reports.results import Results
from common.reports.story import Baseline, Story
from common.reports.text import Safe, code, difference, escape, number, plural

LISTED = 2  # claims that are told in full


def opening(results: Results, story: Story) -> Safe:
    """Plain sentences made from records and evidence; what has no answer yet is left out."""
    paragraphs = [
        (story.idea, size(results, story), reached(results, story.baseline)),
        (held(results), missed(results), mistakes(results)),
        (story.surprise,),
    ]
    joined = (" ".join(filter(None, sentences)) for sentences in paragraphs)
    return Safe("\n\n".join(filter(None, joined)))


def newest(results: Results) -> str:
    return (results.numbered() or results.versions())[-1]


def seconds(results: Results) -> Safe:
    """Median training time of the newest version, as a phrase."""
    found = list(results.values(newest(results), "seconds").values())
    return Safe(f"{_seconds(median(found))} s") if any(found) else Safe("")


def _seconds(value: float) -> Safe:
    return number(value, 1 if value < 10 else 2)


def size(results: Results, story: Story) -> Safe:
    """How small the model is and how long it trains."""
    record = results.record(newest(results))
    machine = record.hardware
    where = machine.accelerator or plural(machine.threads, "CPU thread")
    model = f"{story.model}, " if story.model else ""
    took = seconds(results)
    datasets = _listed([dataset(data.name) for data in record.datasets.values()])
    learned = "trained for" if record.seeds[0].curve else "made in"
    return Safe(
        f"Here it is small: {model}{f'{learned} {took}' if took else 'run'} on {escape(where)}, "
        f"with {plural(len(record.seeds), 'seed')}, on {datasets}."
    )


def dataset(name: str) -> Safe:
    """The dataset's title, or its name where the catalogue has none."""
    known = load_catalog().get(name)
    return escape(known.title.partition(",")[0]) if known else code(name)


def reached(results: Results, baseline: Baseline | None) -> Safe:
    """The newest version's result, and whether something simple does better."""
    version = newest(results)
    if baseline is None:
        found = results.summary(version, results.paper.metric.name)
        if found is None:
            return Safe("")
        label = escape(results.paper.metric.label)
        better = "lower" if results.paper.metric.lower_is_better else "higher"
        return Safe(f"{code(version)} reaches {number(found.mean, 3)} {label}; {better} is better.")
    better = "Lower" if baseline.lower_is_better else "Higher"
    ours = f"{code(version)} reaches {number(baseline.ours.mean, 3)} {plain(baseline.unit)}"
    theirs = f"{escape(baseline.phrase)} gets {number(baseline.value, 3)}"
    if baseline.ahead:
        theirs = f"**{theirs}, which is better**"
    elif not baseline.beaten:
        theirs += f", which these {baseline.over} cannot tell apart"
    return Safe(f"{ours}; {theirs}. {better} is better.{_others(results, baseline)}")


def plain(label: str) -> Safe:
    """A metric's label without the note at its end."""
    return escape(label.partition(" (")[0])


def _others(results: Results, baseline: Baseline) -> str:
    """A variant with a name of its own that beats what the newest version does not."""
    if not (baseline.headline and baseline.ahead):
        return ""
    sign = 1 if baseline.lower_is_better else -1
    for name in results.versions():
        found = results.summary(name, results.paper.metric.name)
        if name not in results.numbered() and found and sign * found.mean < sign * baseline.value:
            reaches = f"reaches {number(found.mean, 3)}, better than both"
            return f" {code(name)}, which has another aim, {reaches}."
    return ""


def held(results: Results) -> Safe:
    """How many claims held, how many did not, how many are open, and the same of goals."""
    claims = results.evidence.get("claims", [])
    if not claims:
        return Safe("")
    held, lost, undecided, *_ = (counts := verdicts.tally(claims)).values()
    found = [f"{held} held"] + ([f"{lost} did not"] if lost else [])
    if undecided:
        found.append(f"{undecided} {_are(undecided)} open (undecided, or out of our reach)")
    told = f"Of {plural(held + lost + undecided, 'claim')} of the paper, {_listed(found)}"
    met, missed = counts.get(verdicts.MET, 0), counts.get(verdicts.MISSED, 0)
    if met + missed == 1:
        told += f"; our own goal was {'met' if met else 'missed'}"
    elif met and not missed:
        told += f"; {'both' if met == 2 else f'all {met}'} goals of our own were met"
    elif met + missed:
        told += f"; of {met + missed} goals of our own, {met} {_are(met, past=True)} met"
    return Safe(f"{told}.")


def _listed(parts: list[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def _are(count: int, past: bool = False) -> str:
    one, more = ("was", "were") if past else ("is", "are")
    return one if count == 1 else more


def missed(results: Results) -> Safe:
    """The claims that did not hold, the measured ones first: they say most."""
    claims = results.evidence.get("claims", [])
    lost = [c for c in claims if verdicts.summed(c) == verdicts.NOT]
    lost.sort(key=lambda claim: claim["kind"] != "direction")
    if not lost:
        return Safe("")
    parts = [f"“{escape(claim['sentence'].rstrip('.'))}”" for claim in lost[:LISTED]]
    if len(lost) > LISTED:
        parts.append(f"[{len(lost) - LISTED} more](#claims)")
    return Safe(f"What did not hold: {_listed(parts)}.")


def mistakes(results: Results) -> Safe:
    """The costliest bug, and how many cost nothing that the seeds could show."""
    bugs = [
        d
        for d in results.evidence.get("deviations", [])
        if d["kind"] == "bug" and d["cost"] is not None
    ]
    if not bugs:
        return Safe("")
    shown = [bug for bug in bugs if bug["low"] is None or bug["low"] > 0]
    if not shown:
        return Safe("No bug that was measured cost anything that these seeds show.")
    worst = min(shown, key=tables.by_cost)
    cost = difference(worst["cost"], worst["low"], worst["high"])
    label = plain(results.paper.metric.label)
    most = f"The costliest mistake is “{escape(worst['title'])}”: {cost} {label}"
    if len(bugs) == 1:
        return Safe(f"{most}.")
    free = len(bugs) - len(shown)
    none = f"; {free} of the {len(bugs)} bugs measured cost nothing that these seeds show"
    return Safe(f"{most}{none if free else f', of {len(bugs)} bugs measured'}.")
