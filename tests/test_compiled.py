"""C++ that a version carries along: built once, called with tensors, and done without."""

import shutil
import subprocess
import sys

import pytest
import torch

from common.run import compiled as compiling
from common.run.compiled import compiled, told

ADD = """
extern "C" void add(float* to, const float* from, long n) {
    for (long i = 0; i < n; i++) to[i] += from[i];
}
"""
needs_compiler = pytest.mark.skipif(
    not any(map(shutil.which, compiling.COMPILERS)), reason="no C++ compiler here"
)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(compiling, "_folder", lambda: tmp_path)
    monkeypatch.setattr(compiling, "_told", {})


@needs_compiler
def test_functions_read_and_write_tensors():
    a, b = torch.arange(5.0), torch.ones(5)
    compiled(ADD).add(a, b, 4)
    assert a.tolist() == [1, 2, 3, 4, 4]
    assert told()["compiled"] and "plain loops" not in told()["compiled"]


@needs_compiler
def test_nothing_is_built_twice_and_another_text_is_built(tmp_path, monkeypatch):
    compiled(ADD)
    (built,) = tmp_path.iterdir()
    before = built.stat().st_mtime_ns
    compiled(ADD)
    assert [built] == list(tmp_path.iterdir()) and built.stat().st_mtime_ns == before
    compiled(ADD + "\n")
    compiled(ADD, "-DOTHER")
    monkeypatch.setattr(compiling, "_processor", lambda: "another")
    compiled(ADD)
    assert len(list(tmp_path.iterdir())) == 4


@needs_compiler
@pytest.mark.parametrize("given", [torch.ones(4, 4).t(), torch.ones(4, device="meta")])
def test_a_tensor_that_would_be_read_wrongly_is_refused(given):
    with pytest.raises(TypeError, match="contiguous"):
        compiled(ADD).add(given, torch.ones(4), 4)


def test_without_a_compiler_a_line_says_so(monkeypatch, capfd):
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(compiling, "COMPILERS", ("no-such-compiler",))
    assert compiled(ADD) is None
    said = capfd.readouterr().err
    assert said.count("\n") == 1 and "no C++ compiler" in said and "g++" in said
    assert told() == {"compiled": "no: plain loops"}


@pytest.mark.parametrize("named", ["false", "no-such-compiler"])
def test_a_compiler_that_fails_is_none(named, monkeypatch, capfd):
    monkeypatch.setenv("CXX", named)
    assert compiled(ADD) is None
    assert capfd.readouterr().err.count("\n") == 1


@needs_compiler
def test_what_does_not_compile_is_said_in_a_line(capfd):
    assert compiled(ADD + "nonsense") is None
    said = capfd.readouterr().err
    assert said.count("\n") == 1 and "nonsense" in said


def test_on_another_device_nothing_is_built(tmp_path):
    assert compiled(ADD, device="cuda") is None
    assert list(tmp_path.iterdir()) == [] and told() == {}


@needs_compiler
def test_a_folder_that_may_not_be_written_stops_nobody(tmp_path, monkeypatch):
    monkeypatch.undo()
    (tmp_path / "local").write_text("a file where the folder would be")
    monkeypatch.setattr(compiling, "find_root", lambda: tmp_path)
    a = torch.zeros(3)
    compiled(ADD).add(a, torch.ones(3), 3)
    assert a.tolist() == [1, 1, 1]


@needs_compiler
def test_processes_that_build_at_once_do_not_disturb_each_other(tmp_path):
    code = f"""
import torch
from pathlib import Path
from common.run import compiled as compiling
compiling._folder = lambda: Path({str(tmp_path)!r})
a = torch.zeros(3)
compiling.compiled({ADD!r}).add(a, torch.ones(3), 3)
assert a.sum() == 3
"""
    running = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait(timeout=120) for process in running] == [0, 0, 0]
    assert len(list(tmp_path.iterdir())) == 1
