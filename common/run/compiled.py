"""C++ in a version's own file: built on the first use, kept, and called with tensors.

A `model.py` may hold a piece of C++ as text, for what torch has no fast operation for. Its
`train.py` has it built here and hands it over; where there is no compiler the model's own loops do
the same, slower. The text needs no header of torch: functions take pointers and whole numbers, so
that a build takes a second and any C++ compiler will do.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

from torch import Tensor

from common.paper import find_root, owner

COMPILERS = ("c++", "g++", "clang++")
# Of -ffast-math only what leaves NaN, infinity and the order of sums as they are.
FLAGS = ("-std=c++17", "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math")
BUILD = ("-shared", "-fPIC", "-x", "c++")
SECONDS = 120  # a build that takes longer has failed
MEND = "install g++ or clang++, or name a compiler in CXX"

_told: dict[str, str] = {}  # which way this process took, for the record


class Library:
    """What was built: `library.name(...)` calls the function of that name with tensors, as
    pointers to their first number, and whole numbers, as `long`. Functions return nothing."""

    def __init__(self, path: Path):
        self._found = ctypes.CDLL(str(path))

    def __getattr__(self, name: str) -> Callable[..., None]:
        function = getattr(self._found, name)
        function.restype = None
        self.__dict__[name] = lambda *given: function(*map(_argument, given))
        return self.__dict__[name]


def _argument(given: Tensor | int) -> ctypes.c_void_p | ctypes.c_long:
    """TypeError for what C++ would read wrongly: a tensor elsewhere, or one with gaps."""
    if isinstance(given, Tensor):
        if given.device.type != "cpu" or not given.is_contiguous():
            raise TypeError(f"C++ reads contiguous tensors in memory, not {given.device}")
        return ctypes.c_void_p(given.data_ptr())
    return ctypes.c_long(given)


def compiled(source: str, *flags: str, device: str = "cpu") -> Library | None:
    """The functions that `source` declares `extern "C"`, for this very processor.

    None on another device than the CPU; and, with a line on stderr, where no compiler is found or
    the build fails: then the caller takes its plain loops. `CXX` names another compiler; with
    `CXX=false` there is none.
    """
    if device != "cpu":
        return None
    try:
        compiler = _compiler()
        library = Library(_built(source, compiler, flags))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        _told["compiled"] = "no: plain loops"
        print(f"note: plain loops, several times slower: {_reason(error)}", file=sys.stderr)
        return None
    _told["compiled"] = compiler[1]
    return library


def told() -> dict[str, str]:
    """For the record: what built the C++ that ran in this process, if any was to run."""
    return dict(_told)


def _compiler() -> tuple[list[str], str]:
    """Its command, and what it calls itself. ValueError where there is none."""
    named = shlex.split(os.environ.get("CXX", ""))
    command = named or [path for path in map(shutil.which, COMPILERS) if path][:1]
    if not command:
        raise ValueError(f"no C++ compiler here: {MEND}")
    said = subprocess.run(
        [*command, "--version"], check=True, capture_output=True, text=True, timeout=SECONDS
    ).stdout.partition("\n")[0]
    return command, " ".join(said.split()) or Path(command[0]).name


def _built(source: str, compiler: tuple[list[str], str], flags: tuple[str, ...]) -> Path:
    """The library's file, under a name that no other text, compiler or processor shares."""
    command = [*compiler[0], *FLAGS, *flags]
    told = "\0".join([source, *command, compiler[1], _processor()])
    folder, name = _folder(), hashlib.sha256(told.encode()).hexdigest()[:20] + ".so"
    path = folder / name
    if not path.exists():
        with tempfile.TemporaryDirectory(dir=folder) as place:  # others may build it, too
            made = Path(place) / name
            subprocess.run(
                [*command, *BUILD, "-", "-o", str(made)],
                input=source, check=True, capture_output=True, text=True, timeout=SECONDS,
            )  # fmt: skip
            made.replace(path)
    return path


def _folder() -> Path:
    """In the checkout, or for this process alone where that may not be written."""
    folder = owner(find_root()) / "local" / "compiled"
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    return Path(_own().name)


@cache
def _own() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory()  # deleted when the process ends


def _processor() -> str:
    """What code for this processor may use: one of the same name can lack something."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    said = [line for line in lines if line.startswith(("model name", "flags", "Features"))]
    return "\n".join(dict.fromkeys(said)) or platform.platform()


def _reason(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        lines = [line for line in error.stderr.splitlines() if "error" in line] or [str(error)]
        return f"the C++ compiler failed ({lines[0].strip()}): {MEND}"
    return " ".join(str(error).split())
