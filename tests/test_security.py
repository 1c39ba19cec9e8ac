"""Nothing let in: no stranger's code, no exhausted memory; and the list of promises is true."""

import ast
import contextlib
import importlib
import json
import os
import re
import resource
import struct
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from common.ask import origins
from common.ask.checkpoint import Checkpoint, read_checkpoint
from common.errors import UserError
from common.paper import room

ROOT = Path(__file__).parents[1]
CODE = sorted(p for folder in ("common", "papers", "tests") for p in (ROOT / folder).rglob("*.py"))
# Modules that run what they read, and calls that do; a name imported from a module counts too.
MODULES = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal", "cloudpickle", "jsonpickle"}
CALLS = {
    *("eval", "exec", "compile", "__import__", "execfile"),
    *("torch.load", "torch.jit.load", "torch.hub.load", "torch.package.PackageImporter"),
    *("yaml.load", "yaml.load_all", "yaml.unsafe_load", "yaml.full_load", "yaml.Loader"),
    *("os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"),
    *("pandas.read_pickle", "numpy.core.multiarray.fromstring", "tempfile.mktemp"),
    *("shutil.unpack_archive", "runpy.run_path", "code.interact"),
}
OPTIONS = {"shell", "allow_pickle", "trust_remote_code"}  # refused unless they say False
METHODS = {"extractall"}  # an archive's own paths would be believed


def forbidden(tree):
    """(line, what) of everything in the tree through which a stranger could run code."""
    names = dict(imported(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module]
            yield from ((node.lineno, m) for m in found if m and m.split(".")[0] in MODULES)
        elif isinstance(node, ast.Call):
            yield from ((node.lineno, what) for what in called(node, names))


def imported(tree):
    """Name in this file -> what it stands for: `from torch import load as l` gives l."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((a.asname or a.name.split(".")[0], a.name) for a in node.names if a.asname)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((a.asname or a.name, f"{node.module}.{a.name}") for a in node.names)


def called(node, names):
    first, _, rest = ast.unparse(node.func).partition(".")
    call = names.get(first, first) + (f".{rest}" if rest else "")
    if call in CALLS:
        yield call
    if isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
        yield node.func.attr
    for option in node.keywords:
        harmless = isinstance(option.value, ast.Constant) and option.value.value is False
        if option.arg in OPTIONS and not harmless:
            yield option.arg


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import pickle", ["pickle"]),
        ("from marshal import loads", ["marshal"]),
        ("eval('1')", ["eval"]),
        ("from torch import load as l\nl(f)", ["torch.load"]),
        ("import torch as t\nt.load(f)", ["torch.load"]),
        ("import yaml\nyaml.load(f, yaml.SafeLoader)", ["yaml.load"]),
        ("subprocess.run(c, shell=True)", ["shell"]),
        ("subprocess.run(c, shell=given)", ["shell"]),
        ("os.system(c)", ["os.system"]),
        ("np.load(f, allow_pickle=True)", ["allow_pickle"]),
        ("tarfile.open(f).extractall(p)", ["extractall"]),
        ("model.eval(); re.compile(x); yaml.safe_load(f); np.load(f, allow_pickle=False)", []),
        ("from safetensors.torch import load\nload(f)", []),
    ],
)
def test_what_could_run_code_is_noticed(code, found):
    assert [what for _, what in forbidden(ast.parse(code))] == found


def test_no_file_can_run_a_strangers_code():
    files = [*CODE, ROOT / "noxfile.py", ROOT / "conftest.py"]
    assert len(files) > 100
    found = {
        f"{path.relative_to(ROOT)}:{line}": what
        for path in files
        for line, what in forbidden(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == {}


def test_the_lint_rules_say_so_too():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for rule in ("S301", "S302", "S307", "S102"):  # pickle, marshal, eval, exec
        assert f'"{rule}"' in text


CONFIG = {"hidden": 4, "batch": 2, "sequence": 4, "steps": 3}
HERE = "0" * 64


@pytest.fixture
def stranger(tmp_path, monkeypatch):
    """A folder as a stranger might give it: a right model.json, any bytes for the weights."""
    monkeypatch.setattr(origins, "_data", lambda dataset, given: "nothing")

    def make(content: bytes, **changes):
        told = {"paper": "rnn", "variant": "version2", "version": "version2", "config": CONFIG}
        told |= {"dataset": {"name": "x", "sha256": HERE}, "seed": 0, **changes}
        (tmp_path / "model.json").write_text(json.dumps(told), encoding="utf-8")
        (tmp_path / "weights.safetensors").write_bytes(content)
        return tmp_path

    return make


@contextlib.contextmanager
def little_memory(mebibytes: int = 256):
    """This process may take that much more memory and no more."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit = psutil.Process().memory_info().vms + mebibytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def safetensors(header: bytes | dict, length: int | None = None, body: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + body


def one(shape: list, end: int, dtype: str = "F32", begin: int = 0) -> dict:
    return {"w": {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}}


def crowd(count: int) -> bytes:
    """That many tensors of no elements."""
    rows = (f'"{i}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' for i in range(count))
    return safetensors(("{" + ",".join(rows) + "}").encode())


ABSURD = {
    "empty file": b"",
    "shorter than a length": b"\x01\x00",
    "a header of 2^63 bytes": safetensors(b"{}", length=2**63),
    "a header of 2^40 bytes": safetensors(b"{}", length=2**40),
    "a header longer than the file": safetensors(b"{}", length=90_000_000),
    "no JSON": safetensors(b"\xff" * 40),
    "JSON too deep": safetensors(b"[" * 100_000),
    "a list": safetensors(b"[1, 2]"),
    "4 TiB that are not there": safetensors(one([2**40], 2**42)),
    "sizes whose product overflows": safetensors(one([2**62, 2**62], 4), body=b"0000"),
    "sizes beyond 64 bits": safetensors(one([2**70], 4), body=b"0000"),
    "negative sizes": safetensors(one([-1], 4), body=b"0000"),
    "more sizes than bytes": safetensors(one([1000], 4), body=b"0000"),
    "bytes that nobody owns": safetensors(one([1], 4), body=b"0" * 400),
    "offsets turned round": safetensors(one([1], 0, begin=4), body=b"0000"),
    "an unknown type": safetensors(one([1], 4, dtype="OBJECT"), body=b"0000"),
    "a million empty tensors": crowd(1_000_000),
    "a pickle": b"\x80\x04\x95" + b"c" * 200,
    "a zip": b"PK\x03\x04" + b"\0" * 200,
}


@pytest.mark.parametrize("content", ABSURD.values(), ids=ABSURD)
def test_absurd_weights_are_refused_in_little_memory(content, stranger):
    folder = stranger(content)
    with little_memory(), pytest.raises(UserError, match="is damaged"):
        read_checkpoint(room("rnn"), folder)


def test_many_tensors_are_read_in_little_time_and_memory(stranger):
    folder = stranger(crowd(50_000))
    started = time.process_time()
    with little_memory():
        assert len(read_checkpoint(room("rnn"), folder).shapes) == 50_000
    assert time.process_time() - started < 3


@pytest.mark.parametrize("name", ["weights.safetensors", "model.json"])
def test_a_pipe_or_a_folder_in_the_place_of_a_file_is_not_waited_for(stranger, name):
    folder = stranger(safetensors(one([1], 4), body=b"0000"))
    (folder / name).unlink()
    for make in (os.mkfifo, os.mkdir):
        make(folder / name)
        with pytest.raises(UserError, match=f"its {name} is no ordinary file"):
            read_checkpoint(room("rnn"), folder)
        (folder / name).unlink() if make is os.mkfifo else None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"config": {"hidden": 10**400}}, "hidden must be below 2^63"),
        ({"seed": 10**400}, "seed"),
        ({"seed": -1}, "seed"),
        ({"seed": True}, "seed"),
        ({"seed": None}, "seed"),
        ({"version": "../.."}, "version"),
        ({"deviation": "x" * 10**5}, "deviation"),
        ({"dataset": {"name": "x" * 10**5, "sha256": HERE}}, "dataset.name"),
        ({"dataset": {"name": "x"}}, "dataset.sha256"),
        ({"note": "x" * 2**20}, "larger than 1 MiB"),
    ],
    ids=lambda x: str(x)[:30],
)
def test_what_is_wrong_in_model_json_is_said_in_a_sentence(stranger, changes, said):
    folder = stranger(safetensors(one([1], 4), body=b"0000"), **changes)
    with little_memory(), pytest.raises(UserError, match=re.escape(said)) as refused:
        read_checkpoint(room("rnn"), folder)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "text", ["[" * 10**5, '{"seed": ' + "9" * 10**5 + "}", '{"config":' * 10**4]
)
def test_deep_or_endless_words_in_model_json_are_a_sentence(stranger, text):
    folder = stranger(safetensors(one([1], 4), body=b"0000"))
    (folder / "model.json").write_text(text)
    with pytest.raises(UserError, match="is damaged"):
        read_checkpoint(room("rnn"), folder)


@settings(max_examples=150)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.binary(max_size=200).map(safetensors),
        st.recursive(
            st.none() | st.integers() | st.floats() | st.text(max_size=8),
            lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(max_size=8), x, max_size=4),
        ).map(lambda x: safetensors(json.dumps(x).encode(), body=b"0" * 64)),
    )
)
def test_any_bytes_are_read_or_refused(stranger, content):
    try:
        found = read_checkpoint(room("rnn"), stranger(content))
    except UserError as error:
        assert "damaged" in str(error)
    else:
        total = sum(len(json.dumps(shape)) for shape in found.shapes.values())
        assert total <= len(content)  # whatever it claims, it fits into the file


@settings(max_examples=100)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(max_size=8), x, max_size=3),
    ),
    st.sampled_from(["paper", "variant", "version", "config", "dataset", "seed", "deviation"]),
)
def test_any_word_about_the_model_is_read_or_refused(stranger, value, key):
    right = safetensors(one([1], 4), body=b"0000")
    with contextlib.suppress(UserError):
        found = read_checkpoint(room("rnn"), stranger(right, **{key: value}))
        assert isinstance(found, Checkpoint)


@pytest.mark.parametrize("hidden", [10**6, 10**9, 10**12])
def test_a_config_that_asks_for_terabytes_is_refused_before_they_are_taken(hidden, stranger):
    model = importlib.import_module("papers.rnn.version2.model")
    right = safetensors(one([1], 4), body=b"0000")
    with little_memory():
        found = read_checkpoint(room("rnn"), stranger(right, config={**CONFIG, "hidden": hidden}))
        with pytest.raises(UserError, match="its config (asks for|describes|needs)"):
            found.fill(lambda: model.RNN(found.config, 50), "model.")
