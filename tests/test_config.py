"""Parameter files: what is right resolves, what is wrong is named with the nearest right word."""

import dataclasses
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.config import parse_override, plan, read_yaml, resolve
from common.errors import UserError
from common.paper import Room, room


@dataclasses.dataclass(frozen=True)
class Config:
    layers: int = 2
    rate: float = 0.1
    tied: bool = False
    name: str | None = None
    sizes: tuple[int, ...] = (1, 2)
    kind: Literal["a", "b"] = "a"


def test_defaults_stay_and_an_integer_passes_for_a_float():
    config = resolve(Config, {"rate": 1, "sizes": [3]}, "toy")
    assert config == Config(rate=1.0, sizes=(3,))
    assert isinstance(config.rate, float)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"layer": 3}, "toy has no parameter 'layer'. Did you mean 'layers'?"),
        ({"layers": "3"}, "toy.layers must be of type int, not '3'."),
        ({"layers": True}, "toy.layers must be of type int, not True."),
        ({"layers": 2.0}, "toy.layers must be of type int, not 2.0."),
        ({"tied": 1}, "toy.tied must be of type bool, not 1."),
        ({"sizes": [1, "x"]}, "toy.sizes must be of type int, not 'x'."),
        ({"layers": 0}, "toy.layers must be at least 1, not 0."),
        ({"rate": float("inf")}, "toy.rate must be finite, not inf."),
        ({"rate": -0.5}, "toy.rate must not be negative, not -0.5."),
        ({"layers": 2**63}, "toy.layers must be below 2^63 in size: this number is too large."),
        ({"rate": 10**400}, "toy.rate must be below 2^63 in size: this number is too large."),
        ({"layers": "9" * 500}, f"toy.layers must be of type int, not '{'9' * 79}...."),
        ({"kind": "c"}, "toy.kind must be one of a, b, not 'c'."),
        (["layers"], "toy must be a mapping of parameters to values, not ['layers']."),
    ],
)
def test_wrong_parameters_are_named(values, message):
    with pytest.raises(UserError) as caught:
        resolve(Config, values, "toy")
    assert str(caught.value) == message


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(["layers", "rate", "tied", "name", "odd"]), ANYTHING))
def test_any_mapping_resolves_or_is_refused_and_never_changes_meaning(values):
    try:
        config = resolve(Config, values, "toy")
    except UserError:
        return
    for key, value in values.items():
        kept = getattr(config, key)
        assert kept == value or (kept != kept and value != value)


@given(st.text())
def test_any_override_is_read_or_refused(text):
    try:
        key, _ = parse_override(text)
    except UserError:
        return
    assert key and text.lstrip().startswith(key)


@pytest.mark.parametrize("content", [b"- 1\n", b"a: [1\n", b"\xff\xfe", b"a: 1\n\tb: 2\n", b""])
def test_a_broken_file_is_named(tmp_path, content):
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"params\.yaml"):
        read_yaml(path)


def write(tmp_path, text):
    (tmp_path / "params.yaml").write_text(text)
    return Room("rnn", tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("profiel: cpu\ncpu: {}\n", "has no key 'profiel'. Did you mean 'profile'?"),
        ("cpu: {sedes: [1]}\n", "has no key 'sedes'. Did you mean 'seeds'?"),
        ("cpu: {seeds: [1, 1]}\n", "seeds must be distinct"),
        ("cpu: {seeds: 3}\n", "must be of type tuple"),
        ("smoke: {}\n", "has no profile 'cpu'"),
        ("profile: cup\ncpu: {}\n", "no profile 'cup'. Did you mean 'cpu'?"),
        ("cpu: {version1: {hiden: 3}}\n", "no parameter 'hiden'. Did you mean 'hidden'?"),
    ],
)
def test_wrong_profiles_are_named(tmp_path, text, message):
    with pytest.raises(UserError) as caught:
        plan(write(tmp_path, text), "version1")
    assert message in str(caught.value)


def test_overrides_win_over_the_file(tmp_path):
    made = plan(write(tmp_path, "cpu: {version1: {hidden: 7}}\n"), "version1", None, {"hidden": 9})
    assert (made.config.hidden, made.defaults.hidden, made.seeds) == (9, 100, (0,))


def test_an_unknown_version_is_named():
    with pytest.raises(UserError, match="Did you mean 'version2'"):
        plan(room("rnn"), "verson2")


@pytest.mark.parametrize("value", ["2024-99-99", "9" * 5000, "[" * 3000, "{a: [", "2024-13-01T99"])
def test_any_value_on_the_command_line_is_read_or_refused_in_a_sentence(value):
    try:
        parse_override(f"layers={value}")
    except UserError as error:
        assert len(str(error)) < 200 and "cannot be read" in str(error)


def test_a_damaged_parameter_file_is_named(tmp_path):
    path = tmp_path / "rnn" / "params.yaml"
    path.parent.mkdir()
    for text in ("seeds: 2024-99-99", "a: " + "[" * 3000, "a: " + "9" * 5000, "\tx"):
        path.write_text(text)
        with pytest.raises(UserError, match="rnn/params.yaml cannot be read"):
            read_yaml(path)


def test_a_version_that_a_profile_does_not_name_is_refused(tmp_path):
    (tmp_path / "params.yaml").write_text("profile: cpu\ncpu: {seeds: [0], version1: {}}\n")
    home = Room("rnn", tmp_path)
    assert plan(home, "version1").config == plan(home, "version1").defaults
    with pytest.raises(UserError, match="profile cpu says nothing of version2"):
        plan(home, "version2")


@pytest.mark.parametrize("version", ["version1", "version2", "version3"])
def test_widths_that_the_heads_cannot_share_are_refused(version):
    for values in ({"d_model": 64, "heads": 3}, {"d_model": 15, "heads": 3}):
        with pytest.raises(UserError, match="d_model must be even and a multiple of heads"):
            plan(room("transformer"), version, overrides=values)
