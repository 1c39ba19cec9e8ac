"""Doctored records and metrics: sealed anew, and yet named for what they are."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from common.commands import runs
from common.data.catalog import files_sha256, get
from common.errors import UserError
from common.paper import Room
from common.records.executed import run_sources
from common.records.record import read_record, summary, write_json
from common.records.syntax import tree_hash
from tests.doctored import NAME, PLACE, ROOT, forge_evidence, problems, read, sealed

BITS = "bits_per_character"


def test_the_committed_room_is_as_it_must_be(room_copy):
    assert problems(room_copy) == ""


# -- records -----------------------------------------------------------------------------------


def first(record, **fields):
    """Change fields of the first seed."""
    record["seeds"][0].update(fields)


def curve(record, column, change):
    """Change a column of the first seed's curve."""
    kept = record["seeds"][0]["curve"]
    kept[column] = change(kept[column])


def scale(record, digits=12):
    for run in record["seeds"]:
        run["metrics"] = {k: float(f"{0.97 * v:.{digits}g}") for k, v in run["metrics"].items()}


def copy_seed(record, delay=0.0):
    """Give seed 3 what seed 2 computed, taking `delay` seconds longer."""
    of, as_seed = record["seeds"][2:4]
    as_seed.update({**json.loads(json.dumps(of)), "seed": 3})
    as_seed["curve"]["seconds"] = [round(s + delay, 3) for s in as_seed["curve"]["seconds"]]
    as_seed["seconds"] = as_seed["curve"]["seconds"][-1]
    rate = as_seed["curve"]["tokens"][-1] / as_seed["seconds"]
    as_seed["tokens_per_second"] = round(rate, 1)


def history(record):
    given_up = {"seal": "0" * 64, "sources": record["sources"], "commit": "0" * 40}
    record["resealed"].append(given_up)


def as_forgotten_state(record):
    sources = run_sources(ROOT, ROOT / "papers" / NAME, "version2", "forgotten_state")
    record.update(variant="version2+forgotten_state", deviation="forgotten_state", sources=sources)


def dropped(record):
    record["sources"].pop("common/run/training.py")


def foreign(record):
    record["sources"]["common/commands/cli.py"] = tree_hash(ROOT / "common" / "commands" / "cli.py")


DERIVED = {  # what was done -> (how, what is said)
    "metrics scaled": (scale, "has more digits than a run writes"),
    "a seed copied": (copy_seed, "seed 3 is a copy of seed 2"),
    "a seed copied, with another clock": (
        lambda r: copy_seed(r, 0.25),
        "seed 3 is a copy of seed 2, number by number",
    ),
    "another variant's record": (
        as_forgotten_state,
        r"seed 0 of .*version2.* to the millisecond, a copy",
    ),
    "faster hardware": (
        lambda r: r["hardware"].update(name="intel-core-i9-1t-float32"),
        f"called intel-core-i9-1t-float32, but the fields make it {PLACE}",
    ),
    "a GPU's name": (
        lambda r: r["hardware"].update(accelerator="NVIDIA H100", name="nvidia-h100-float32"),
        "its device is cpu, its accelerator 'NVIDIA H100'",
    ),
    "threads without cores": (
        lambda r: r["hardware"].update(threads=64, name=PLACE.replace("-1t-", "-64t-")),
        "ran 64 threads on 2 cores",
    ),
    "other bytes": (lambda r: r["dataset"].update(sha256="1" * 64), "knows other bytes of tinysh"),
    "a text of one's own": (
        lambda r: r["dataset"].update(name="file:mine.txt"),
        "has no dataset 'file:mine.txt'; runs on a text of yours stay local",
    ),
    "another paper's data": (
        lambda r: r["dataset"].update(name="multi30k", sha256=files_sha256(get("multi30k").files)),
        "rnn learns from tinyshakespeare, and multi30k is not its stand-in",
    ),
    "a stand-in that is none": (
        lambda r: r["dataset"].update(stand_in_for="wikitext"),
        "says that tinyshakespeare stands in for 'wikitext'",
    ),
    "no sources": (lambda r: r.update(sources={}), "its sources lack common/"),
    "a source left out": (dropped, "its sources lack common/run/training.py"),
    "a source too many": (
        foreign,
        "its sources name common/commands/cli.py, of which the run executes nothing",
    ),
    "a false history": (history, "a seal that it had before a reseal was not that of its content"),
    "a larger model": (lambda r: r["config"].update(hidden=9), r"hidden = 9, params.yaml \(cpu\)"),
    "an odd parameter": (lambda r: r["config"].update(tuned=True), "tuned = True, params.yaml"),
    "the paper's values": (lambda r: r["paper_config"].update(hidden=9), "hidden = 9, the version"),
    "another profile": (lambda r: r.update(profile="smoke"), r"params.yaml \(smoke\) has"),
    "no profile": (lambda r: r.update(profile="huge"), "'huge' is none of the room's"),
    "the worst seed left out": (lambda r: r["seeds"].pop(4), "lacks seed 4, which params.yaml"),
    "another number format": (lambda r: r["engine"].update(dtype="bfloat16"), "dtype is 'bfloat16"),
    "another precision": (lambda r: r["engine"].update(matmul_precision="exact"), "no engine has"),
    "processes in words": (lambda r: r["engine"].update(processes="two"), "'two' processes"),
    "no workers": (lambda r: r["engine"].update(workers="0"), "'0' workers"),
    "an engine without a device": (lambda r: r["engine"].pop("device"), "not differ in 'device'"),
    "no torch": (lambda r: r["environment"].pop("torch"), "not differ in 'torch'"),
    "an earlier end": (
        lambda r: r["seeds"][0]["curve"].update(
            {k: v[:-1] for k, v in r["seeds"][0]["curve"].items()}
        ),
        "seed 0: the curve ends at step 2340, the config says 2400",
    ),
    "more tokens": (lambda r: curve(r, "tokens", lambda c: [*c[:-1], 2 * c[-1]]), "unlike numbers"),
    "steps back": (lambda r: curve(r, "step", lambda c: [c[1], *c[1:]]), "do not go forward"),
    "a clock that goes back": (
        lambda r: curve(r, "seconds", lambda c: [c[-1], *c[1:]]),
        "clock goes backwards",
    ),
    "less time": (lambda r: first(r, seconds=0.5), "s, the run after 0.5 s"),
    "more speed": (lambda r: first(r, tokens_per_second=1e9), "are not 1000000000.0 a second"),
    "a curve of fewer points": (
        lambda r: r["seeds"][1]["curve"].update(
            {k: v[:1] + v[-1:] for k, v in r["seeds"][1]["curve"].items()}
        ),
        "seed 1: its curve has other steps",
    ),
    "more memory than there is": (lambda r: first(r, peak_memory_mib=1e9), "took 1000000000.0 MiB"),
    "no time for all": (lambda r: r.update(seconds=0.1), "s of 0.1 s for all seeds"),
    "steps and a half": (lambda r: r["config"].update(steps=800.0), "steps = 800.0, params.yaml"),
    "diverged and yet good": (lambda r: curve(r, "loss", lambda c: [*c[:-1], None]), "and yet has"),
    "no metric": (lambda r: [run["metrics"].pop(BITS) for run in r["seeds"]], f"has no {BITS}"),
    "a metric less": (lambda r: r["seeds"][1]["metrics"].pop("real_words"), "other metrics than"),
    "no such version": (
        lambda r: r.update(version="version9", variant="version9"),
        "has no .?version9",
    ),
    "no such deviation": (
        lambda r: r.update(variant="version2+magic", deviation="magic"),
        "trains no deviation 'magic'",
    ),
    "an old version's deviation": (
        lambda r: r.update(
            version="version1", variant="version1+summed_loss", deviation="summed_loss"
        ),
        "deviations go into version2, not version1",
    ),
}

FORMS = {
    "another format": (lambda r: r.update(format=99), "format: Input should be 1"),
    "variant against version": (
        lambda r: r.update(version="version1"),
        "the variant version2 is version1 by version and deviation",
    ),
    "a path as a paper": (lambda r: r.update(paper="../rnn"), "paper: String should match"),
    "a path as hardware": (lambda r: r["hardware"].update(name="../x"), "hardware.name: String"),
    "negative seconds": (lambda r: first(r, seconds=-1.0), "seeds.0.seconds: .*greater than or"),
    "a negative seed": (lambda r: first(r, seed=-7), "seeds.0.seed: .*greater than or equal to 0"),
    "a seed beyond 64 bits": (lambda r: first(r, seed=2**63), "seeds.0.seed: .*less than"),
    "a seed twice": (lambda r: first(r, seed=1), "seed 1 stands in it more than once"),
    "no seeds": (lambda r: r.update(seeds=[]), "holds no seed"),
    "a probe of NaN": (
        lambda r: r["hardware"].update(matmul_gflops=float("nan")),
        "hardware.matmul_gflops: must be finite",
    ),
    "an infinite metric": (lambda r: first(r, metrics={BITS: float("inf")}), "must be finite"),
    "no metrics": (lambda r: first(r, metrics={}), "seeds.0.metrics: .*at least 1"),
    "no curve": (lambda r: curve(r, "step", lambda c: []), "seeds.0.curve.step: .*at least 1"),
    "columns of unequal length": (lambda r: curve(r, "loss", lambda c: c[1:]), "unequal length"),
    "a source that climbs": (
        lambda r: r["sources"].update({"../../etc/passwd": "0" * 64}),
        "names no Python file inside this repository",
    ),
    "a source from the root": (
        lambda r: r["sources"].update({"/etc/shadow.py": "0" * 64}),
        "names no Python file inside this repository",
    ),
    "a long sample": (lambda r: first(r, samples=["x" * 20_001]), "samples.0: .*at most 20000"),
    "a branch as commit": (lambda r: r.update(commit="main"), "commit: String should match"),
    "no time": (lambda r: r.update(started="yesterday"), "started: Invalid isoformat"),
    "local time": (lambda r: r.update(started="2026-01-01T00:00:00"), "must be a time in UTC"),
    "half a lock": (lambda r: r.update(lock="abc"), "lock"),
    "an odd number format": (lambda r: r["hardware"].update(dtype="int4"), "hardware.dtype: Input"),
}


@pytest.mark.parametrize("done", [*DERIVED, *FORMS])
def test_a_doctored_record_is_named(room_copy, tmp_path, done):
    """By `papers runs import`, whether its place is taken or free, and not a byte of the room_copy
    changes; and by `papers report --check` where it stands."""
    edit, said = {**DERIVED, **FORMS}[done]
    content = read(room_copy)
    edit(content)
    content = sealed(content)
    named = (content["hardware"]["name"], content["variant"])
    folder, name = named if done in DERIVED else (PLACE, "version2")
    place = room_copy.path("runs", folder, f"{name}.json")
    refused_import(room_copy, tmp_path, content, f"{said}|than the record in place|lacks seeds")
    place.unlink(missing_ok=True)
    refused_import(room_copy, tmp_path, content, said)
    write_json(place, content)
    found = problems(room_copy, evidence=False)
    assert re.search(said, found), found


def refused_import(room, folder, content, said):
    brought, before = folder / "brought.json", bytes_of(room)
    brought.write_text(json.dumps(content))
    with pytest.raises(UserError, match=said) as refused:
        runs.adopt(brought)
    assert "\n" not in str(refused.value)
    assert bytes_of(room) == before


def bytes_of(room: Room) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(room.folder.rglob("*.json"))}


# -- metrics and evidence ------------------------------------------------------------------------


def edit_json(path: Path, edit) -> None:
    content = json.loads(path.read_bytes())
    edit(content)
    path.write_text(json.dumps(content))


def test_edited_metrics_are_named(room_copy):
    path = room_copy.path("metrics", "version2.json")
    edit_json(path, lambda content: content.update({BITS: 2.0}))
    said = "papers/rnn/metrics/version2.json is not what the record of version2 says"
    assert said in problems(room_copy)
    path.write_text("{")
    assert said in problems(room_copy)
    shutil.copy(
        room_copy.path("metrics", "version1.json"), room_copy.path("metrics", "version3.json")
    )
    assert "metrics/version3.json is of no record: delete it" in problems(room_copy)


def test_edited_curves_are_named(room_copy):
    path = room_copy.path("curves", "version2.csv")
    path.write_text(path.read_text().replace("2.", "1."))
    said = "papers/rnn/curves/version2.csv is not what the record of version2 says"
    assert said in problems(room_copy, evidence=False)


def test_metrics_scaled_with_six_digits_are_found_by_what_was_made_of_them(room_copy):
    content = read(room_copy)
    scale(content, digits=6)
    path = room_copy.path("runs", PLACE, "version2.json")
    write_json(path, sealed(content))
    found = problems(room_copy)
    assert "metrics/version2.json is not what the record of version2 says" in found
    assert f"it does not rest on the records of {PLACE} as they are" in found
    write_json(room_copy.path("metrics", "version2.json"), summary(read_record(path).seeds))
    key = f"{PLACE}/version2"
    forge_evidence(room_copy, lambda e: e["records"].update({key: read_record(path).seal}))
    found = problems(room_copy)
    assert "claim 'beats-ngrams' has the value" in found
    assert "deviation 'summed_loss' has the cost" in found
    assert "the values behind its verdicts are not those of the records" in found
