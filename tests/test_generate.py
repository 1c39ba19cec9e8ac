"""`papers generate` and `papers chat` with their options, on an untrained network."""

import io
import json
import sys

import pytest

from common.commands import cli
from common.commands import generate as command
from tests.small_models import untrained
from tests.test_chat_terminal import ROOT

SHORT = ("--prompt", "to be", "--max-tokens", "20")


@pytest.fixture
def papers(tmp_path, capsys, monkeypatch):
    """papers(words, stdin=b"") -> exit code, stdout, stderr, with that network's options."""
    options = untrained(tmp_path)
    monkeypatch.chdir(ROOT)

    def run(*words, stdin=b""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
        with pytest.raises(SystemExit) as stopped:
            cli.main([*words, *options])
        return stopped.value.code, *capsys.readouterr()

    return run


def test_generate_repeats_itself_and_names_its_options(papers):
    (code, first, told), (_, again, _), (_, other, _) = (
        papers("generate", "rnn", *SHORT, "--seed", seed) for seed in "112"
    )
    assert (code, first) == (0, again) and first != other
    assert first.startswith("to be") and len(first) == len("to be") + 20 + 1
    assert told.startswith("rnn version2, seed 0, ") and "own.txt, -S hidden=8 " in told
    for options, words in [
        (("--beam", "2", "--top-p", "0.5"), "leave out --top-p or --beam"),
        (("--length-penalty", "1"), "--length-penalty does nothing without a beam: set --beam"),
        (("--temperature", "0", "--top-k", "5"), "leave out --top-k"),
        (("--max-tokens", "-1"), "--max-tokens must be"),
        (("--seed", "-1"), "--seed must be"),
    ]:
        for name in ("generate", "chat"):
            code, _, said = papers(name, "rnn", *options)
            assert code == 2 and words in said


def test_samples_are_the_texts_of_one_seed_after_the_other(papers):
    alone = [papers("generate", "rnn", *SHORT, "--seed", seed)[1] for seed in "345"]
    assert papers("generate", "rnn", *SHORT, "--seed", "3", "-n", "3")[1] == "\n".join(alone)
    code, out, _ = papers("generate", "rnn", *SHORT, "--seed", "3", "--samples", "3", "--json")
    told = json.loads(out)
    assert (code, told["paper"], told["variant"]) == (0, "rnn", "version2")
    assert [(t["prompt"], t["seed"]) for t in told["texts"]] == [("to be", s) for s in (3, 4, 5)]
    assert ["to be" + t["text"] + "\n" for t in told["texts"]] == alone
    assert told["settings"]["max_tokens"] == 20


@pytest.mark.parametrize("options", [["--temperature", "0"], ["--beam", "2"], ["--top-k", "1"]])
def test_samples_that_would_all_be_the_same_are_refused(papers, options):
    code, out, said = papers("generate", "rnn", *SHORT, "-n", "2", *options)
    assert (code, out) == (2, "") and "for 2 samples, set --temperature above 0" in said


@pytest.mark.parametrize("more", [[], ["-n", "2"], ["--json"]])
def test_a_file_gets_what_the_terminal_would(papers, tmp_path, more):
    path = tmp_path / "out.txt"
    path.write_text("what was there before")
    shown = papers("generate", "rnn", *SHORT, *more)[1]
    code, out, told = papers("generate", "rnn", *SHORT, *more, "--output", str(path))
    assert (code, out, path.read_text()) == (0, "", shown) and f"written: {path}" in told


def test_a_file_keeps_what_it_had_where_nothing_is_written(papers, tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("what was there before")
    assert papers("generate", "rnn", "--prompt", "é", "-o", str(path))[0] == 2
    assert path.read_text() == "what was there before"


@pytest.mark.parametrize("place", ["", "no/folder/out.txt", "own.txt/out.txt"])
def test_a_file_that_cannot_be_is_said_before_anything_is_loaded(
    papers, tmp_path, place, monkeypatch
):
    monkeypatch.setattr(command, "opened", lambda *_: pytest.fail("the model was opened"))
    code, _, said = papers("generate", "rnn", "-o", str(tmp_path / place))
    assert code == 2 and said.startswith(f"error: {tmp_path / place} cannot be")


def test_what_ctrl_c_leaves_is_in_the_file(papers, tmp_path, monkeypatch):
    import common.ask.generation

    def broken_off(*_):
        yield "abc"
        raise KeyboardInterrupt

    monkeypatch.setattr(common.ask.generation, "stream", broken_off)
    path = tmp_path / "out.txt"
    assert papers("generate", "rnn", *SHORT, "-o", str(path))[0] == 130
    assert path.read_text() == "to beabc\n"


def test_a_prompt_comes_from_standard_input(papers):
    shown = papers("generate", "rnn", *SHORT)[1]
    asked = ("generate", "rnn", "--prompt", "-", "--max-tokens", "20")
    for stdin in (b"to be\n", b"to be", b"to be\r\n"):
        assert papers(*asked, stdin=stdin)[:2] == (0, shown)
    code, _, said = papers(*asked, stdin=b"\xff\xfe")
    assert code == 2 and "standard input is not UTF-8" in said
    code, _, said = papers(*asked, "--prompt", "-", stdin=b"to be")
    assert code == 2 and "give it once" in said


def test_prompts_follow_the_line_ends_of_training_texts(papers):
    texts = [
        papers("generate", "rnn", "--prompt", f"to be{end}or", "--json")
        for end in ("\n", "\r\n", "\r")
    ]
    assert {code for code, *_ in texts} == {0}
    assert len({json.loads(out)["texts"][0]["text"] for _, out, _ in texts}) == 1
    shown = papers("generate", "rnn", "--prompt", "to be\r\nor", "--max-tokens", "9")[1]
    assert shown.startswith("to be\nor") and "\r" not in shown


def test_chat_takes_the_options_of_generate(papers):
    options = ("--max-tokens", "7", "--temperature", "0.5", "--top-k", "3", "--seed", "9")
    code, out, _ = papers("chat", "rnn", *options, stdin=b"/settings\nto be\n")
    settings, answer = out.splitlines()[:2]
    assert code == 0 and len(answer) == 7
    assert settings.startswith("max_tokens 7  temperature 0.5  top_k 3  top_p 1.0")
    assert settings.endswith("seed 9")


def test_weights_that_are_named_are_not_trained(papers):
    code, _, said = papers("generate", "rnn", "--train")
    assert code == 2 and "leave out --train" in said


@pytest.mark.parametrize("door", ["generate", "chat"])
def test_a_setting_out_of_range_is_said_before_weights_are_looked_for(door, papers):
    code, _, said = papers(door, "rnn", "--train", "--max-tokens", "10000000")
    assert code == 2 and said.startswith("error: --max-tokens must be a whole number of at least 0")
