"""What is asked of a run and refused before it starts: seeds, texts, records that would be lost."""

import dataclasses

import pytest

from common.config import plan
from common.errors import UserError
from common.paper import rooms
from common.run import launch
from common.run.launch import train_variant
from common.run.request import Request, check_replaced, check_request
from tests.factory import HARDWARE, make_room

RNN = rooms()["rnn"]


@pytest.mark.parametrize("seed", [-1, 2**63, 10**30])
def test_a_seed_that_no_generator_takes_is_named(seed):
    with pytest.raises(UserError, match=f"seed must be from 0 to .* not {seed}"):
        plan(RNN, "version2", "smoke", seeds=(seed,))


@pytest.mark.parametrize("written", ["1e-3", "1E-3", "+1e-03", "1.e-3"])
def test_powers_of_ten_are_numbers(written):
    assert plan(RNN, "version2", "smoke", {"learning_rate": written}).config.learning_rate == 1e-3


@pytest.mark.parametrize("written", ["1e", "e-3", "1e-3x", "one", ""])
def test_other_words_are_no_numbers(written):
    with pytest.raises(UserError, match="must be of type float"):
        plan(RNN, "version2", "smoke", {"learning_rate": written})


@pytest.mark.parametrize(
    ("paper", "data", "message"),
    [("rnn", "", "no file is named"), ("adam", __file__, "adam learns from images")],
)
def test_a_text_that_cannot_be_learned_from_is_refused(paper, data, message):
    with pytest.raises(UserError, match=message):
        check_request(Request(paper, "version2", data=data), rooms()[paper], record=False)


@pytest.fixture
def toy(tmp_path):
    """A room with a record of version2, and what params.yaml says of it."""
    room = make_room(tmp_path, "toy", ("version1", "version2"))
    made = plan(RNN, "version2", "cpu")
    return rooms(tmp_path)["toy"], dataclasses.replace(made, seeds=tuple(range(6))), room


@pytest.mark.parametrize(
    ("option", "asked", "plan"),
    [
        ("--seed", {"seeds": (0, 1)}, {"seeds": (0, 1)}),
        ("--profile", {"profile": "smoke"}, {"profile": "smoke"}),
        ("-S", {"overrides": {"hidden": 3}}, {}),
    ],
)
def test_a_record_is_not_replaced_by_less(toy, option, asked, plan):
    home, made, _ = toy
    with pytest.raises(UserError, match=f"with {option} this run would replace .*version2.json"):
        check_replaced(
            Request("toy", "version2", **asked), home, HARDWARE, dataclasses.replace(made, **plan)
        )


def test_a_record_is_replaced_by_what_the_parameter_files_say(toy):
    home, made, _ = toy
    check_replaced(Request("toy", "version2"), home, HARDWARE, dataclasses.replace(made, seeds=()))
    check_replaced(Request("toy", "version2", seeds=tuple(range(9))), home, HARDWARE, made)
    check_replaced(Request("toy", "version2", seeds=(0,)), home, "another", made)


def test_a_refused_run_leaves_nothing_to_go_on_from(tmp_path, monkeypatch):
    from common.run import launch

    prepared = launch.prepare

    def elsewhere(*arguments):
        return dataclasses.replace(prepared(*arguments), root=tmp_path)

    def refused(*_):
        raise UserError("refused")

    monkeypatch.setattr(launch, "prepare", elsewhere)
    monkeypatch.setattr(launch, "run_seeds", refused)
    with pytest.raises(UserError, match="refused"):
        train_variant(Request("rnn", "version2", profile="smoke"))
    assert not list((tmp_path / "local" / "resume" / "rnn").glob("*"))


def test_what_was_interrupted_goes_on_only_under_the_code_that_wrote_what_waits():
    """A change in how checkpoints are written makes no record stale, but a run begins anew."""
    made = launch.prepare(Request("rnn", "version1", profile="smoke"), False, lambda line: None)
    file = "common/run/checkpoints.py"
    assert file in made.code and file not in made.sources
    other = dataclasses.replace(made, code={**made.code, file: "0" * 64})
    assert other.key != made.key and other.work != made.work
