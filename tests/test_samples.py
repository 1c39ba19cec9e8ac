"""`papers samples`, and what `papers train` says to try next."""

import json
import shlex

import pytest

from common.commands import cli
from common.commands.samples import next_steps
from common.paper import Room, forget_rooms
from common.records.record import record_path, write_record
from tests.factory import HARDWARE, make_record, make_room


@pytest.fixture
def papers(tmp_path, capsys, monkeypatch):
    """papers(words) -> exit code, stdout, stderr, where there are one recorded room and one not."""
    make_room(tmp_path, "wrote", ["version2", "version1", "version2+bug"], [HARDWARE])
    record = make_record("wrote", "version1", "other-cpu")
    write_record(record_path(tmp_path / "papers" / "wrote", record), record)
    make_room(tmp_path, "silent", ["version1"])
    silent = make_record("silent", "version1")
    silent = silent.model_copy(
        update={"seeds": [run.model_copy(update={"samples": []}) for run in silent.seeds]}
    )
    write_record(record_path(tmp_path / "papers" / "silent", silent), silent)
    monkeypatch.chdir(tmp_path)

    def run(*words):
        with pytest.raises(SystemExit) as stopped:
            cli.main(list(words))
        return stopped.value.code, *capsys.readouterr()

    yield run
    forget_rooms()


def test_each_version_shows_what_it_wrote_and_where(papers, tmp_path):
    code, out, _ = papers("samples", "wrote")
    records = {
        v: make_record("wrote", v, mean=m) for v, m in (("version2", 2.0), ("version1", 1.9))
    }
    for version, record in records.items():
        value = record.seeds[0].metrics["bits_per_character"]
        head = f"wrote {version} · {value:.4f} bits per character · seed 0 · {HARDWARE}\n"
        assert f"{head}\n    ROMEO: sample of seed 0.\n    What light?\n" in out
    assert (code, out.count("seed 0 ·"), out.count("other-cpu")) == (0, 2, 0)


def test_json_has_every_part_and_n_says_how_many(papers):
    code, out, _ = papers("samples", "wrote", "-n", "3", "--json")
    rows = json.loads(out)
    assert code == 0 and [(r["variant"], r["seed"]) for r in rows] == [
        (version, seed) for version in ("version2", "version1") for seed in (0, 0, 1)
    ]
    assert {r["metric"] for r in rows} == {"bits_per_character"}
    assert rows[1]["text"] == "A second sample."


def test_one_variant_alone(papers):
    _, out, _ = papers("samples", "wrote", "--version", "version2+bug", "--json")
    assert [row["variant"] for row in json.loads(out)] == ["version2+bug"]
    for name in ("version2+bag", "../version2", "**", ""):
        code, _, said = papers("samples", "wrote", "--version", name)
        assert code == 2 and f"'wrote' has no run {name!r}." in said


def test_a_run_of_ones_own_by_its_id(papers, tmp_path):
    own = make_record("wrote", "version2", mean=3.0, started="2026-01-03T03:04:05+00:00")
    write_record(record_path(tmp_path / "local/wrote/key", own), own)
    _, out, _ = papers("samples", "wrote", "--version", own.seal[:8], "--json")
    (row,) = json.loads(out)
    assert row["value"] == own.seeds[0].metrics["bits_per_character"] > 2.5
    assert [r["value"] for r in json.loads(papers("samples", "wrote", "--json")[1])] == [
        make_record("wrote", v, mean=m).seeds[0].metrics["bits_per_character"]
        for v, m in (("version2", 2.0), ("version1", 1.9))
    ]


def test_a_paper_that_writes_nothing_names_those_that_do(papers):
    code, _, said = papers("samples", "silent")
    assert code == 2 and said.startswith("error: the records of silent hold no samples; ")
    assert "wrote" in said
    assert json.loads(papers("samples", "silent", "--json")[1]) == []


def taken(command):
    """The command line is one that `papers` takes, as far as the options go."""
    group = cli.typer.main.get_command(cli.app)
    name, *words = shlex.split(command)[1:]
    group.commands[name].make_context(name, words)
    return True


@pytest.mark.parametrize(("data", "shown"), [(None, ""), ("my text.txt", " --data 'my text.txt'")])
@pytest.mark.parametrize(("more", "asked"), [("", '"TEXT"'), ('\nreads="image"', "PICTURE")])
def test_next_steps_are_commands_that_name_these_very_weights(
    papers, tmp_path, data, shown, more, asked
):
    home = Room("wrote", tmp_path / "papers" / "wrote")
    home.path("version2").mkdir()
    home.path("version2", "ask.py").write_text("attend = None" + more)
    record = make_record("wrote", "version2")
    for folder, options in (
        (home.folder, "--version version2"),
        (tmp_path / "local/wrote/key", "--checkpoint local/wrote/key/checkpoints/version2"),
    ):
        path = record_path(folder, record)
        write_record(path, record)
        assert "papers ui" in next_steps(path, data)  # there are no weights
        (folder / "checkpoints" / "version2").mkdir(parents=True)
        commands = next_steps(path, data).removeprefix("next: ").splitlines()
        assert [command.strip() for command in commands] == [
            f"papers generate wrote {options}{shown}",
            f"papers chat wrote {options}{shown}",
            f"papers attend wrote {asked} {options}{shown}",
        ]
        assert all(taken(command.strip()) for command in commands)
