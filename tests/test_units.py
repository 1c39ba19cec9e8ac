"""Units that follow a text: the planted one is found, a property without one finds none."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from common.ask import units as module
from common.ask.abilities import Inside
from common.ask.text import in_streams, text_units
from common.ask.units import PROPERTIES, correlation, find, tint
from common.commands import cli
from common.commands.doors import units as command
from common.commands.doors.units_drawn import LARGEST, _save
from common.errors import UserError
from common.exams.reading import Streams
from common.exams.text import TextExam
from common.paper import forget_rooms
from tests.asking import NAME, make_asking, weights

QUOTED = 'ROMEO:\nShe said "come, come" and I said "no".\n\nJULIET:\nGo hence!\n\n'
H, FLAG = 7, 3


def planted(text, noise=0.0, seed=0):
    """A network that reads characters; unit 3 is whether a quotation mark is open."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(len(text), H))
    values[:, FLAG] = module.in_quotes(text) + noise * values[:, FLAG]
    return Inside(list(text), {"cell": rng.normal(size=(len(text), 2)), "hidden": values}, {})


# -- properties ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "held"),
    [
        ("inside quotes", 'a "bc" d', "00111000"),
        ("inside quotes", "a “bc” d", "00111000"),
        ("inside quotes", 'a "b\n\nc "d', "0011100011"),
        ("inside a speaker's name", "AB:\nc: d\n\nE F:\ng", "1100000000111000"),
        ("inside a word", "ab, cde'f", "010001100"),
        ("upper case", "aB C", "0101"),
        ("place in the line", "ab\nc", "1201"),
    ],
)
def test_a_property_holds_where_it_says(name, text, held):
    assert "".join(f"{int(x)}" for x in PROPERTIES[name](text)) == held


@settings(max_examples=50, deadline=None, derandomize=True)
@given(st.text('ab:"\n “”A', max_size=80))
def test_a_property_is_told_by_what_was_read_but_for_names(text):
    """A character's property does not change with what follows it; a name needs its colon."""
    for name, of in PROPERTIES.items():
        whole = of(text)
        assert whole.shape == (len(text),) and np.isfinite(whole).all()
        if name != "inside a speaker's name":
            for cut in range(0, len(text), 7):
                assert (of(text[:cut]) == whole[:cut]).all(), name


# -- the choice ------------------------------------------------------------------------------


def test_the_planted_unit_is_found():
    found = {one.property: one for one in find(planted(QUOTED * 60))}
    one = found["inside quotes"]
    assert (one.layer, one.unit, one.name) == ("hidden", FLAG, "hidden 3")
    assert one.chosen == pytest.approx(1) and one.correlation == pytest.approx(1)
    assert set(found) == set(PROPERTIES)
    noisy = find(planted(QUOTED * 60, noise=0.5))[0]
    assert noisy.unit == FLAG and 0.6 < noisy.correlation < 0.9


def test_a_shuffled_property_is_followed_by_none():
    text = QUOTED * 200

    def shuffled(text):
        return np.random.default_rng(1).permutation(module.in_quotes(text))

    (one,) = find(planted(text), {"shuffled": shuffled})
    assert abs(one.correlation) < 0.03
    assert abs(one.chosen) < 0.05  # the best of nine in the half in which it was chosen


def test_only_the_first_half_chooses():
    """A unit that follows in the second half alone is not chosen, and one that stops is told."""
    inside = planted(QUOTED * 100)
    text, half = "".join(inside.tokens), len(inside.tokens) // 2
    held = module.in_quotes(text)
    inside.units["hidden"][:half, 1] = held[:half]
    inside.units["hidden"][half:, FLAG] = np.random.default_rng(2).normal(size=len(held) - half)
    inside.units["hidden"][:half, FLAG] += 0.1 * np.random.default_rng(3).normal(size=half)
    one = find(inside)[0]
    assert one.unit == 1 and one.chosen == pytest.approx(1)
    assert abs(one.correlation) < 0.1


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(0, 10**6), st.integers(3, 50))
def test_correlations_are_those_of_numpy(seed, length):
    rng = np.random.default_rng(seed)
    values, held = rng.normal(size=(length, 4)), rng.integers(0, 2, size=length).astype(float)
    held[:2] = 0, 1
    values[:, 2] = 5.0
    expected = [np.corrcoef(values[:, u], held)[0, 1] for u in (0, 1, 3)]
    got = correlation(values, held)
    assert got[[0, 1, 3]] == pytest.approx(expected) and got[2] == 0


def test_what_is_rare_has_no_unit_and_what_is_not_finite_is_refused():
    found = find(planted("ab " * 200))
    assert [one.property for one in found] == ["place in the line", "inside a word"]
    assert find(planted("a")) == []
    broken = planted(QUOTED * 60)
    broken.units["cell"][5, 0] = np.nan
    with pytest.raises(UserError, match="no usable activations: its training diverged"):
        find(broken)


def test_a_token_counts_as_its_last_character():
    text = QUOTED * 60
    cuts = list(range(0, len(text), 2))
    pairs = [text[i : i + 2] for i in cuts]
    held = module.in_quotes(text)[[i + len(p) - 1 for i, p in zip(cuts, pairs)]]
    values = np.random.default_rng(0).normal(size=(len(pairs), 2))
    values[:, 1] = -held
    one = find(Inside(pairs, {"h": values}, {}))[0]
    assert one.unit == 1 and one.correlation == pytest.approx(-1)
    assert one.lit(Inside(pairs, {"h": values}, {}))[held == 1].min() > 0  # turned round


# -- reading ---------------------------------------------------------------------------------


def counting(tokens, state):
    """The sum of the last 20 tokens, and the token itself."""
    seen = np.zeros((len(tokens), 20)) if state is None else state
    seen = np.concatenate([seen[:, 1:], tokens], axis=1)
    return {"sum": seen.sum(axis=1, keepdims=True), "last": seen[:, -1:]}, seen


@settings(max_examples=60, deadline=None, derandomize=True)
@given(size=st.integers(1, 400), most=st.integers(1, 9), context=st.integers(20, 60))
def test_streams_see_what_one_reading_sees(size, most, context):
    tokens = np.random.default_rng(size).integers(1, 9, size=size)
    found = in_streams(counting, tokens, Streams(most, context))
    assert found["last"][:, 0].tolist() == tokens.tolist()
    assert found["sum"][:, 0].tolist() == [
        tokens[max(0, t - 19) : t + 1].sum() for t in range(size)
    ]


def test_gates_are_told_apart_and_line_ends_are_read_as_in_training(tmp_path):
    path = tmp_path / "own.txt"
    path.write_text(QUOTED * 30)
    exam = TextExam(str(path), Streams(64, 100))

    def predict(tokens, state):
        state = (0 if state is None else state) + tokens
        return np.zeros((*tokens.shape, exam.symbols)), state

    def gates(tokens, state):
        return {"input": tokens / 100, "first": np.full(tokens.shape, float(state is None))}

    units = text_units(exam, predict, lambda h: {"hidden": h}, gates)
    inside = units.read("a\r\nsaid")
    assert "".join(inside.tokens) == "a\nsaid" and set(inside.units) == {"hidden"}
    ids = exam.vocabulary.encode("a\nsaid")
    assert inside.units["hidden"][:, 0].tolist() == np.cumsum(ids).tolist()
    assert inside.gates["first"][:, 0].tolist() == [1, 0, 0, 0, 0, 0]
    assert inside.gates["input"][:, 0] == pytest.approx(ids / 100)
    assert units.held_out == exam.parts.test


# -- the command -----------------------------------------------------------------------------


@pytest.fixture
def papers(tmp_path, capsys, monkeypatch):
    """papers(*words) -> exit code, stdout, stderr, of the toy whose unit 3 knows quotes."""
    make_asking(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")

    def run(*words):
        with pytest.raises(SystemExit) as stopped:
            cli.main(["units", NAME, *words, *weights(tmp_path, "version1")])
        return stopped.value.code, *capsys.readouterr()

    yield run
    forget_rooms()


def test_the_command_names_units_and_what_is_too_rare(papers):
    code, out, said = papers()
    assert code == 0 and said.startswith("asking version1, seed 0, ")
    lines = {line.split("  ")[0].strip(): line for line in out.splitlines()}
    assert lines["inside quotes"].split()[2:] == ["hidden", "3", "+1.00", "+1.00"]
    assert "too rare in this text: inside a speaker's name." in out
    assert max(len(line) for line in out.splitlines()) <= 80


def test_a_terminal_gets_the_text_in_colours(papers, monkeypatch):
    for name, value in (("NO_COLOR", ""), ("FORCE_COLOR", "1"), ("COLORTERM", "truecolor")):
        monkeypatch.setenv(name, value)
    _, out, _ = papers('so "it" is\x07')
    assert "inside quotes: hidden 3" in out and "\x07" not in out and "�" in out
    red, blue = (";".join(map(str, bytes.fromhex(tint(v)[1:]))) for v in (9, -9))
    part = out[out.index("inside quotes: hidden 3") : out.index("place in the line: ")]
    assert red not in blue and part.count("48;2;") == len('so "it" is\x07')
    coloured = {c: part[: part.index(f"m{c}")].rpartition("48;2;")[2] for c in "ot"}
    assert coloured["t"] != coloured["o"]


def test_the_command_tells_all_as_json(papers):
    _, out, _ = papers('a "b" c', "--json")
    told = json.loads(out)
    assert (told["paper"], told["variant"], told["text"]) == (NAME, "version1", 'a "b" c')
    quotes = told["units"][0]
    assert (quotes["layer"], quotes["unit"], quotes["correlation"]) == ("hidden", 3, 1.0)
    assert quotes["activations"] == [0, 0, 1, 1, 0, 0, 0]
    _, out, _ = papers("abc", "--gates", "--json")
    (gate,) = json.loads(out)["gates"]
    assert gate["gate"] == "reset" and len(gate["means"]) == 3
    assert "reset" in papers("abc", "--gates")[1]


def test_without_colours_the_text_is_not_shown(papers, monkeypatch):
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.setenv(name, "1")
    _, out, _ = papers('so "it" is')
    assert "hidden 3" in out and "Red:" not in out and 'so "it" is' not in out


def test_a_text_of_very_many_lines_is_drawn_coarser(tmp_path):
    _save(Figure(figsize=(0.1, 1000)), path := tmp_path / "tall.png")
    assert int.from_bytes(path.read_bytes()[20:24], "big") <= LARGEST


@pytest.mark.parametrize("kind", [".png", ".svg", ".PNG"])
@pytest.mark.parametrize("more", [[], ["--gates"]])
def test_the_command_draws(papers, tmp_path, kind, more):
    path = tmp_path / f"units{kind}"
    code, out, _ = papers("--output", str(path), *more)
    assert code == 0 and f"written: {path}" in out
    assert path.read_bytes()[:5] in (b"\x89PNG\r", b"<?xml")


def test_another_text_can_be_searched(papers, tmp_path, monkeypatch):
    over = tmp_path / "over.txt"
    over.write_text("NO QUOTES here\n" * 60)
    code, out, _ = papers("--over", str(over))
    assert code == 0 and "inside quotes" not in out.partition("too rare")[0]
    assert "upper case" in out.partition("too rare")[0]
    monkeypatch.setattr(command, "SEARCHED", 30)  # no more of it
    assert "too short to look for units in" in papers("--over", str(over))[2]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([""], "the text is empty: give 1 to 2,000"),
        (["a" * (command.LONGEST + 1)], "the text has 2,001 characters"),
        (["a", "--output", "a.gif"], "a.gif is no picture's name: let it end in .png, .svg, .pdf"),
        (["a", "--output", "no/a.png"], "no/a.png cannot be made in no"),
        (["--over", "short.txt"], "too short to look for units in"),
        (["--over", "none.txt"], "none.txt"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(papers, tmp_path, words, told):
    (tmp_path / "short.txt").write_text("ab cd\n" * 4)
    code, out, said = papers(*words)
    assert (code, out) == (2, "") and told in said.splitlines()[-1], said


def test_a_model_without_weights_or_units_says_so(papers, capsys):
    for words, told in (
        ([NAME], "asking version1 has no weights here."),
        ([NAME, "--checkpoint", "none"], "none is no checkpoint"),
        ([NAME, "--over", "none.txt"], "none.txt: there is no such file"),  # before it is trained
    ):
        with pytest.raises(SystemExit, match="2"):
            cli.main(["units", *words])
        out, said = capsys.readouterr()
        assert out == "" and told in said, said
