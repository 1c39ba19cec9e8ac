"""Weights from elsewhere, of every version that writes: asked alike in any way, and never believed.

The small run of a version's `tests/exam.py` leaves its weights and says what they are, as a
training does; then something in that folder is changed.
"""

import dataclasses
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from common.ask.checkpoint import read_checkpoint
from common.ask.generation import generate, stream
from common.ask.writer import Settings
from common.commands.doors import doors
from common.commands.weights import wanted
from common.errors import UserError
from common.paper import rooms
from common.records.sources import imported_modules
from tests.exams import ROOT, VERSIONS, parameters, parts_of, place_text, run_of, side, train

WRITING = [  # of those that learn from a text
    (name, version)
    for name, version in VERSIONS
    if rooms(ROOT)[name].path(version, "ask.py").is_file() and side(name).place is place_text
]
EVERY = pytest.mark.parametrize(("name", "version"), WRITING)
PROMPTS = ["rest on", "not to", "", "a hard or old rain then", "shore"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """trained(name, version) -> folder with weights, what they are, and the text; kept."""
    folders = {}

    def make(name, version):
        if (name, version) in folders:
            return folders[name, version]
        folder = tmp_path_factory.mktemp(f"{name}-{version}")
        path = place_text(parts_of(name), folder, None)
        run = run_of(name, version, path, **side(name).CHANGES[version])
        run.folder = folder
        train(name, version, run)
        told = {"paper": name, "variant": version, "version": version, "seed": 0}
        told["config"] = json.loads(json.dumps(dataclasses.asdict(run.config)))
        sha256 = hashlib.sha256(Path(path).read_bytes()).hexdigest()
        told["dataset"] = {"name": "file:parts.txt", "sha256": sha256}
        (folder / "model.json").write_text(json.dumps(told))
        return folders.setdefault((name, version), folder)

    return make


@pytest.fixture
def given(name, version, trained, tmp_path):
    """given(tensors, **config) -> Writer, from a copy in which something was changed.

    `tensors(name, tensor)` gives another tensor, or None for none.
    """
    source = trained(name, version)

    def changed(tensors=lambda key, value: value, dtype="float32", told=None, **config):
        found = load_file(source / "weights.safetensors")
        found = {key: tensors(key, value) for key, value in found.items()}
        kept = {key: value.contiguous() for key, value in found.items() if value is not None}
        save_file(kept, tmp_path / "weights.safetensors")
        model = json.loads((source / "model.json").read_text())
        model = {**model, "config": {**model["config"], **config}, **(told or {})}
        (tmp_path / "model.json").write_text(json.dumps(model))
        home, data = rooms(ROOT)[name], str(source / "parts.txt")
        checkpoint = read_checkpoint(home, tmp_path, data, dtype)
        return checkpoint.writer(home.module(f"{version}.ask"))

    return changed


def needed(folder, given):
    """The tensors that the model is filled with; what the optimizer keeps stands among them."""
    names = list(load_file(folder / "weights.safetensors"))
    named = [name for name in names if name.startswith("model.")]
    return named or [name for name in names if not fills_without(name, given)]


def fills_without(name, given):
    try:
        return bool(given(lambda key, value: None if key == name else value))
    except UserError:
        return False


def random(key, value):
    """Matrices so large that the text is no repetition; vectors as they are."""
    if value.dim() < 2 or not value.is_floating_point():
        return value
    rng = torch.Generator().manual_seed(len(key) + value.numel())
    return 0.7 * torch.randn(value.shape, generator=rng)


def exact(name, version):
    """Without products that are rounded otherwise in another batch."""
    return {"bfloat16": False} if "bfloat16" in parameters(name, version) else {}


@EVERY
def test_state_batch_and_stream_write_the_text_of_the_plain_loop(name, version, given):
    writer, settings = given(random, **exact(name, version)), Settings(40, 0)
    plain = []
    for prompt in PROMPTS:
        tokens = list(writer.encode(prompt))
        for _ in range(40):
            tokens.append(int(np.argmax(writer.next(np.array([tokens]), None)[0])))
        plain.append(writer.decode(tokens[-40:]))
    assert len(set("".join(plain))) > 3
    assert generate(writer, PROMPTS, settings) == plain
    assert ["".join(stream(writer, prompt, settings)) for prompt in PROMPTS] == plain


@EVERY
def test_drawing_in_a_batch_is_drawing_alone(name, version, given):
    writer = given(random, **exact(name, version))
    both = generate(writer, PROMPTS[:2], Settings(30, seed=3))
    alone = [generate(writer, [p], Settings(30, seed=s)) for p, s in zip(PROMPTS, (3, 4))]
    assert [[text] for text in both] == alone


@EVERY
def test_a_character_that_training_lacked_is_named_where_tokens_are_characters(
    name, version, given
):
    writer, vocabulary = given(), len(set("".join(parts_of(name).values())))
    vocabulary += getattr(side(name), "PIECES", 0)
    if np.asarray(writer.next(np.array([writer.encode("")]), None)[0]).shape[-1] == vocabulary:
        with pytest.raises(UserError, match="'é'"):
            generate(writer, ["é"], Settings(1))
    else:
        assert generate(writer, ["é"], Settings(3, 0))


@EVERY
def test_a_version_says_whether_it_has_attention(name, version, given):
    assert (given().attend is not None) == ("attend" in doors(rooms(ROOT)[name], version))


LOOKING = pytest.mark.parametrize(
    ("name", "version"), [one for one in WRITING if "units" in doors(rooms(ROOT)[one[0]], one[1])]
)


@LOOKING
def test_units_after_a_character_depend_on_what_was_read_alone(name, version, trained):
    folder, home = trained(name, version), rooms(ROOT)[name]
    checkpoint = read_checkpoint(home, folder, str(folder / "parts.txt"))
    model = checkpoint.able(home.module(f"{version}.ask"), wanted("units"))
    text = (folder / "parts.txt").read_text()[:90]
    whole, part = model.read(text), model.read(text[:40])
    assert "".join(whole.tokens) == text and whole.units
    for name, values in {**whole.units, **whole.gates}.items():
        short = {**part.units, **part.gates}[name]
        assert values.shape[0] == len(whole.tokens) and values.std(axis=0).max() > 0, name
        np.testing.assert_allclose(values[: len(short)], short, atol=1e-6)
    assert all(((gate >= 0) & (gate <= 1)).all() for gate in whole.gates.values())
    assert model.held_out == parts_of(home.name)["test"]


@EVERY
def test_bfloat16_rounds_the_scores_and_no_more(name, version, given):
    """Eight bits of a weight are kept, so a score moves by a small part of their spread."""
    if "torch" not in imported_modules(rooms(ROOT)[name].path(version, "model.py")):
        with pytest.raises(UserError, match="does without torch"):
            given(dtype="bfloat16")
        return
    exactly, rounded = (
        given(dtype=dtype, **exact(name, version)) for dtype in ("float32", "bfloat16")
    )
    tokens = np.array([exactly.encode("rest on")])
    one, two = (np.asarray(writer.next(tokens, None)[0]) for writer in (exactly, rounded))
    assert not np.array_equal(one, two)
    assert np.abs(one - two).max() < 0.1 * one.std()
    assert generate(rounded, ["rest on"], Settings(30, 0))[0]


@EVERY
def test_weights_that_are_missing_of_another_size_or_not_finite_are_named(
    name, version, given, trained
):
    names = needed(trained(name, version), given)
    assert names
    for chosen in (names[0], names[len(names) // 2], names[-1]):
        bare = re.escape(chosen)
        changes = {
            f"{bare} is missing": lambda value: None,
            f"{bare} has the sizes": lambda value: torch.zeros(*value.shape, 2),
            f"{bare} is not finite": lambda value: torch.full_like(value, float("nan")),
        }
        for said, change in changes.items():
            with pytest.raises(UserError, match=said):
                given(lambda key, value, c=chosen, f=change: f(value) if key == c else value)


@EVERY
def test_no_config_builds_what_the_weights_do_not_carry(name, version, given):
    """Sizes of a thousand million are refused, or have no say in the model; and at once."""
    home, refused = rooms(ROOT)[name], []
    config = home.module(f"{version}.model").Config()
    for field in dataclasses.fields(config):
        with pytest.raises(UserError, match=rf"{field.name} must be"):
            given(**{field.name: ["x"]})
        if type(getattr(config, field.name)) is int:
            try:
                given(**{field.name: 10**9})
            except UserError:
                refused.append(field.name)
    assert refused or not {"hidden", "d_model", "layers"} & parameters(name, version)
    with pytest.raises(UserError, match="no parameter 'width_of_everything'"):
        given(width_of_everything=1)


@EVERY
def test_files_that_are_damaged_strange_or_missing_are_named(name, version, trained, tmp_path):
    source, home = trained(name, version), rooms(ROOT)[name]
    damages = [
        ("model.json", b"{", "damaged"),
        ("model.json", b"[]", "damaged"),
        ("model.json", b'{"paper": "gru"}', "damaged"),
        ("weights.safetensors", b"x" * 40, "damaged"),
        ("weights.safetensors", b"\xff" * 8 + b"{}", "damaged"),
        ("weights.safetensors", None, "no weights"),
        ("model.json", None, "no model.json"),
    ]
    for file, content, said in damages:
        for kept in ("model.json", "weights.safetensors"):
            (tmp_path / kept).write_bytes((source / kept).read_bytes())
        path = tmp_path / file
        path.unlink() if content is None else path.write_bytes(content)
        with pytest.raises(UserError, match=said):
            read_checkpoint(home, tmp_path, str(source / "parts.txt"))
    for place in ("nowhere/at/all", "weights.safetensors"):
        shown = re.escape(str(tmp_path / place))
        with pytest.raises(UserError, match=f"^{shown} is no checkpoint"):
            read_checkpoint(home, tmp_path / place)
    with pytest.raises(UserError, match=f"name its folder, {re.escape(str(source))}\\.$"):
        read_checkpoint(home, source / "model.json")


@EVERY
def test_what_belongs_to_something_else_is_refused(name, version, given, trained, tmp_path):
    with pytest.raises(UserError, match="is a checkpoint of 'lstm_of_another'"):
        given(told={"paper": "lstm_of_another"})
    with pytest.raises(UserError, match="Did you mean 'bfloat16'"):
        given(dtype="bf16")
    folder, home = trained(name, version), rooms(ROOT)[name]
    with pytest.raises(UserError, match="--data"):
        read_checkpoint(home, folder)
    for place, said in (
        ("other.txt", "that was 'parts.txt'"),
        ("new/parts.txt", "another of that"),
    ):
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True)
        path.write_text("TO BE, OR NOT TO BE\n" * 80)
        with pytest.raises(UserError, match=rf"not what this .* {said}.*--checkpoint"):
            read_checkpoint(home, folder, str(path))


def test_there_are_versions_that_write():
    assert {name for name, _ in WRITING} >= {"rnn", "gpt2"}
