"""Where a version does otherwise than the paper: told as data, and put back on demand.

A paper's `deviations.py` lists its `DEVIATIONS`. Each says how to put itself back into the newest
version (`inject`) and what then no longer holds (`invariant`). From these come the evidence test,
the negative control and the bug ladder.

Light on imports: every training run imports this module.
"""

from __future__ import annotations

import contextlib
import dataclasses
import inspect
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from common.errors import UserError, nearest
from common.evidence.entries import check_choice, check_entry, listed
from common.paper import VERSION, Room

KINDS = ("bug", "choice", "modernisation")


@dataclasses.dataclass(frozen=True)
class Deviation:
    """One difference between the paper and a version, which can be put back into the newest.

    `inject` gets the newest version's `model` module and returns replacements by dotted name,
    e.g. {"clip_gradients": clip_by_value, "RNN.initial_state": fn}. `invariant` gets the same
    module and raises AssertionError when the deviation is in it.
    """

    id: str
    title: str
    place: str  # of the paper: section, equation, table, figure
    paper_says: str
    code_does: str
    kind: str  # one of KINDS
    introduced: str  # the version that has it first; "" if it is other people's
    fixed: str  # the version that no longer has it; "" if none
    source: str  # where this is documented to have been done
    inject: Callable[[ModuleType], dict[str, object]]
    invariant: Callable[[ModuleType], None]
    trained: bool = True  # has a rung on the ladder
    note: str = ""

    def __post_init__(self) -> None:
        check_entry(self, ("title", "place", "paper_says", "code_does", "source"))
        check_choice(self, "kind", KINDS)
        for name in ("introduced", "fixed"):
            value = getattr(self, name)
            if value and not VERSION.fullmatch(value):
                raise UserError(f"deviation {self.id!r}: {name} {value!r} names no version.")
        for name in ("inject", "invariant"):
            if not callable(getattr(self, name)):
                raise UserError(f"deviation {self.id!r}: {name} is no function.")


def deviations_of(room: Room) -> tuple[Deviation, ...]:
    """The paper's deviations in their order; () if the room has no deviations.py."""
    return listed(room, "deviations", Deviation)


def find_deviation(room: Room, name: str) -> Deviation:
    """The paper's deviation of that id. UserError with the nearest id if there is none."""
    known = {deviation.id: deviation for deviation in deviations_of(room)}
    if name not in known:
        raise UserError(f"'{room.name}' has no deviation {name!r}." + nearest(name, known))
    return known[name]


@contextlib.contextmanager
def injection(room: Room, version: str, name: str | None) -> Iterator[None]:
    """`injected` by names, for a run of a variant; without a deviation it does nothing."""
    if name is None:
        yield
        return
    if version != room.newest:
        raise UserError(f"deviations go into {room.newest}, not {version}.")
    deviation = find_deviation(room, name)
    room.module(f"{version}.train")  # loaded now, so that what it holds of the model is replaced
    with injected(room.module(f"{version}.model"), deviation):
        yield


@contextlib.contextmanager
def injected(module: ModuleType, deviation: Deviation) -> Iterator[None]:
    """Put the deviation into `module` for the length of a `with` block, then take it out.

    Loaded modules of the same version that took a replaced name by `from model import name` get
    the replacement too. UserError, with nothing replaced, if a name does not exist.
    """
    replacements = deviation.inject(module)
    if not replacements:
        raise UserError(f"deviation {deviation.id!r} replaces nothing.")
    swaps = [_swap(module, deviation, name, new) for name, new in replacements.items()]
    done: list[_Swap] = []
    try:
        for swap in swaps:
            done.append(swap)
            swap.apply()
        yield
    finally:
        for swap in reversed(done):
            swap.undo()


def notices(module: ModuleType, deviation: Deviation) -> bool:
    """Does the invariant fail with the deviation in? Only an AssertionError counts as noticing."""
    with injected(module, deviation):
        try:
            deviation.invariant(module)
        except AssertionError:
            return True
    return False


@dataclasses.dataclass(frozen=True)
class _Swap:
    """One attribute of a module or class, before and after."""

    owner: Any
    name: str
    old: Any  # as it stands in the class: a staticmethod is not unwrapped
    new: Any

    def apply(self) -> None:
        for owner, name in self._places(self.old):
            setattr(owner, name, self.new)

    def undo(self) -> None:
        if isinstance(self.old, _Inherited):
            delattr(self.owner, self.name)
            return
        for owner, name in self._places(self.new):
            setattr(owner, name, self.old)

    def _places(self, value: Any) -> list[tuple[Any, str]]:
        """The attribute itself, and where the version's other modules hold `value` globally."""
        places = [(self.owner, self.name)]
        if not isinstance(self.owner, ModuleType):
            return places
        package = self.owner.__name__.rpartition(".")[0] + "."
        for title, module in list(sys.modules.items()):
            if title.startswith(package) and module not in (None, self.owner):
                held = [name for name, other in vars(module).items() if other is value]
                # Equal constants are one object in Python, so they must bear the name as well.
                places += [(module, n) for n in held if n == self.name or callable(value)]
        return places


class _Inherited:
    """Stands for an attribute that a class has from its base."""


def _swap(module: ModuleType, deviation: Deviation, dotted: str, new: Any) -> _Swap:
    """Find what `dotted` names. UserError if nothing, or if replacing it would change nothing."""
    *path, name = dotted.split(".")
    owner: Any = module
    for part in path:
        owner = getattr(_having(owner, part, deviation, dotted), part)
    _having(owner, name, deviation, dotted)
    if dataclasses.is_dataclass(owner) and name in owner.__dataclass_fields__:
        raise UserError(
            f"deviation {deviation.id!r} replaces {dotted!r}, the default of a dataclass field, "
            "which has no effect: replace what reads it."
        )
    old = inspect.getattr_static(owner, name)
    if new is old:
        raise UserError(f"deviation {deviation.id!r} replaces {dotted!r} by itself.")
    if isinstance(owner, type) and name not in vars(owner):
        old = _Inherited()
    if isinstance(old, staticmethod | classmethod) and not isinstance(new, type(old)):
        new = type(old)(new)
    return _Swap(owner, name, old, new)


def _having(owner: Any, name: str, deviation: Deviation, dotted: str) -> Any:
    if not hasattr(owner, name):
        raise UserError(
            f"deviation {deviation.id!r} replaces {dotted!r}, but {owner.__name__} has no "
            f"{name!r}." + nearest(name, vars(owner))
        )
    return owner
