"""A toy paper with code: a real room under a temporary root, in plain Python, for the evidence."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import common
from tests.factory import make_room

MODEL = '''"""A toy model: a mean, a clip by length, a state that starts at zero."""

from dataclasses import dataclass

LIMIT = 5.0


@dataclass(frozen=True)
class Config:
    steps: int = 3


class Base:
    def name(self):
        return "base"


class Net(Base):
    def initial_state(self):
        return 0.0

    @staticmethod
    def double(x):
        return 2 * x


def loss(errors):
    return sum(errors) / len(errors)


def clip(values, limit):
    length = sum(v * v for v in values) ** 0.5
    return [v * min(1, limit / length) for v in values]
'''
TRAIN = '''"""Trains the toy: takes one function by name, the others through the module."""

from papers.{name}.{version} import model
from papers.{name}.{version}.model import loss as mean_loss


def step(errors):
    return mean_loss(errors) + model.Net().initial_state()
'''
CLAIMS = '''"""The toy's claims."""

from common.evidence.claims import Claim, Equal, Exact, Pair


def better_than_first(view):
    return Pair(view.values("version2"), view.values("version1"), -1)


def experiment(seeds):
    return Pair({s: 1.0 + 0.01 * s for s in seeds}, {s: 2.0 - 0.03 * s for s in seeds}, -1)


CLAIMS = [
    Claim("parameters", "Table 1", "It has 12 parameters.", "exact", lambda: Exact(12, 12)),
    Claim("count", "Table 2", "It has 23,165 of them.", "exact", lambda: Exact(23166, 23165)),
    Claim("same", "Eq. 1", "Equals a mean.", "equivalence", lambda: Equal(1e-7, 1e-5)),
    Claim("improves", "Sec. 3", "Version 2 is better.", "direction", better_than_first, "bits"),
    Claim("trick", "Fig. 2", "The trick helps.", "direction", experiment=experiment, unit="nats"),
    Claim("scale", "Sec. 9", "It scales.", "out of reach", reason="needs a cluster"),
]
'''
DEVIATIONS = '''"""The toy's deviations."""

from common.evidence.deviations import Deviation


def summed_loss(model):
    return {"loss": sum}


def mean_holds(model):
    assert model.loss([1.0, 3.0]) == 2.0


def warm_start(model):
    return {"Net.initial_state": lambda self: 1.0}


def starts_at_zero(model):
    assert model.Net().initial_state() == 0


TOLD = {
    "place": "Sec. 2", "paper_says": "one thing", "code_does": "another", "kind": "bug",
    "introduced": "version1", "fixed": "version2", "source": "an issue",
}
DEVIATIONS = [
    Deviation("summed_loss", "Sum", inject=summed_loss, invariant=mean_holds, **TOLD),
    Deviation("warm_start", "Warm", inject=warm_start, invariant=starts_at_zero, **TOLD),
    Deviation(
        "untrained", "Not run", inject=warm_start, invariant=starts_at_zero, trained=False, **TOLD
    ),
]
'''
TESTS = '''"""The toy's own tests: they know the loss, and nothing of the state."""

from papers.{name}.version2.model import loss


def test_loss_is_a_mean():
    assert loss([1.0, 3.0]) == 2.0


def test_golden():
    assert loss([1.0, 3.0]) + 0 == 2.0
'''


def make_toy(
    root: Path,
    name: str = "toy",
    variants: dict[str, float] | None = None,
    *,
    claims: str = CLAIMS,
    deviations: str = DEVIATIONS,
    engine: bool = False,
    **changes: object,
) -> Path:
    """A toy paper under `root` with records and code; returns its folder.

    With `engine`, the temporary root has the real `common` and can run commands of its own.
    """
    variants = variants or {"version1": 2.2, "version2": 2.0, "version2+summed_loss": 2.5}
    make_room(root, name, variants, **changes)
    folder = root / "papers" / name
    for version in ("version1", "version2"):
        write(folder / version / "__init__.py", "")
        write(folder / version / "model.py", MODEL)
        write(folder / version / "train.py", TRAIN.format(name=name, version=version))
    write(folder / "evidence/claims.py", claims)
    write(folder / "evidence/deviations.py", deviations)
    write(folder / "tests" / "__init__.py", "")
    write(folder / "tests" / "test_model.py", TESTS.format(name=name))
    if engine:
        (root / "common").rmdir()
        (root / "common").symlink_to(Path(common.__file__).parent, target_is_directory=True)
    forget(name)
    return folder


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def forget(name: str) -> None:
    """Drop the paper's loaded modules, so that they are read again from the folder."""
    for title in [t for t in sys.modules if t.startswith(f"papers.{name}.")]:
        del sys.modules[title]
    importlib.invalidate_caches()
