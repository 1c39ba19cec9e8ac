"""Records: written whole, sealed, and refused when they are not what they were."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.errors import UserError
from common.records.current import changed_sources
from common.records.executed import run_sources
from common.records.record import read_record, record_path, write_json, write_record
from tests.factory import make_record


@pytest.fixture
def written(tmp_path):
    record = make_record()
    path = record_path(tmp_path, record)
    write_record(path, record)
    return path


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_what_is_written_is_read(written):
    assert read_record(written) == make_record()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["seeds"][2]["metrics"].update(bits_per_character=1.0), "seal does not match"),
        (lambda c: c["config"].update(hidden=1), "seal does not match"),
        (lambda c: c.pop("commit"), "commit: Field required"),
        (lambda c: c.update(odd=1), "odd: Extra inputs"),
        (lambda c: c["seeds"].clear(), "seal does not match"),
    ],
)
def test_an_edited_record_is_refused(written, change, message):
    edit(written, change)
    with pytest.raises(UserError) as caught:
        read_record(written)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("seeds", "message"), [([0, 1, 1], "seed 1 stands in it more than once"), ([], "no seed")]
)
def test_wrong_seeds_are_refused_even_when_sealed(tmp_path, seeds, message):
    record = make_record()
    runs = [record.seeds[s] for s in seeds]
    record = record.model_copy(update={"seeds": runs}).sealed()
    path = record_path(tmp_path, record)
    write_record(path, record)
    with pytest.raises(UserError, match=message):
        read_record(path)


def test_a_moved_record_is_refused(written, tmp_path):
    target = tmp_path / "runs" / "other-machine" / written.name
    target.parent.mkdir(parents=True)
    written.rename(target)
    with pytest.raises(UserError, match="it was moved"):
        read_record(target)


@pytest.mark.parametrize("size", [0, 1, 100, -2])
def test_a_truncated_record_is_refused(written, size):
    written.write_bytes(written.read_bytes()[:size])
    with pytest.raises(UserError, match="not a valid record"):
        read_record(written)


def test_a_changed_source_is_named(tmp_path):
    source = tmp_path / "papers/toy/version1/model.py"
    source.parent.mkdir(parents=True)
    source.write_text("x = 1\n")
    (source.parent / "train.py").write_text("def train(run):\n    pass\n")
    record = make_record(sources=run_sources(tmp_path, tmp_path / "papers/toy", "version1", None))
    assert changed_sources(record, tmp_path) == []
    source.write_text("x = 1  # a comment\n")
    assert changed_sources(record, tmp_path) == []
    source.write_text("x = 2\n")
    assert changed_sources(record, tmp_path) == ["papers/toy/version1/model.py"]
    source.unlink()
    assert changed_sources(record, tmp_path) == ["papers/toy/version1/model.py"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text() | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(JSON)
def test_json_round_trips(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("json") / "x.json"
    write_json(path, content)
    assert json.loads(path.read_text(encoding="utf-8")) == content
    assert [p.name for p in path.parent.iterdir()] == ["x.json"]


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.json"
    write_json(path, {"a": 1})
    with pytest.raises(TypeError):
        write_json(path, {"a": object()})
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["x.json"]
