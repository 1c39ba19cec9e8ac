"""Trained weights from a folder with `weights.safetensors` and `model.json`.

A checkpoint may come from elsewhere, so nothing in it is believed: the config is checked like
params.yaml, and names and sizes of the weights against it before a model is built. How much of a
file is read depends on no number that the file itself gives.
"""

from __future__ import annotations

import contextlib
import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, BinaryIO

import numpy as np
import torch
from pydantic import BaseModel, Field, ValidationError
from safetensors import SafetensorError, safe_open
from torch import Tensor
from torch.nn.modules.module import register_module_parameter_registration_hook as on_parameter

from common.ask.carried import Carried, without_data
from common.ask.origins import TrainedOn, where
from common.ask.writer import Writer
from common.config import resolve
from common.data.own import unix_newlines
from common.errors import UserError, nearest
from common.paper import Room, Variant, room
from common.records.record import Hash, Name
from common.records.sources import imported_modules
from common.run.engine import DTYPES

WEIGHTS, MODEL = "weights.safetensors", "model.json"
LARGEST_MODEL = 1 << 20  # bytes of model.json
LARGEST_HEADER = 8 << 20  # bytes that name the tensors of a file: some 100,000 of them
UNFIT = (RuntimeError, ValueError, IndexError, TypeError, ArithmeticError)
LACKING = (KeyError, AttributeError)  # what an exam raises that was carried, and not whole
LENGTH = 8  # bytes at the beginning of a file that give its header's length


class Told(BaseModel, strict=True):
    """What model.json says that is needed here."""

    paper: Name
    variant: Name
    version: Name
    deviation: Name | None = None
    config: dict[str, Any]
    dataset: TrainedOn
    more_data: Annotated[dict[Name, TrainedOn], Field(max_length=20)] = {}
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    seal: Hash | None = None  # of the record
    carried: Carried | None = None  # of the exam, so that its data is not needed


@dataclass(frozen=True)
class Checkpoint:
    """What a version's `ask.load` gets."""

    paper: str
    version: str
    variant: Variant
    config: Any  # the version's Config
    data: str  # the dataset's name, or the path of the user's own text, whose bytes were checked
    seed: int
    file: Path
    shapes: dict[str, tuple[int, ...]]  # of every tensor in the file
    dtype: torch.dtype = torch.float32  # of the model that `fill` builds
    more_data: dict[str, str] = field(default_factory=dict)  # further texts by use, as `data`
    carried: Carried | None = None  # of the exam, in place of its data
    asked: set[str] = field(default_factory=set)  # the tensors that were read

    def tensors(self, shapes: dict[str, tuple[int, ...]], prefix: str = "") -> dict[str, Tensor]:
        """The tensors `prefix` + name, whose shapes must be these; floats become float32.

        UserError if one is missing, of another size, or not finite.
        """
        for name, wanted in shapes.items():
            found = self.shapes.get(prefix + name)
            if found != tuple(wanted):
                there = "is missing" if found is None else f"has the sizes {list(found)}"
                raise UserError(
                    f"{self.label}: {prefix + name} {there}; its config asks for {list(wanted)}."
                )
        self.asked.update(prefix + name for name in shapes)
        with safe_open(self.file, "pt") as file:
            return {name: self._finite(file, prefix + name) for name in shapes}

    def fill(self, make: Callable[[], torch.nn.Module], prefix: str = "") -> torch.nn.Module:
        """The torch model that `make` builds, with the weights, ready to be asked (no dropout)."""
        try:
            with _at_most(len(self.shapes), self.label), torch.device("meta"):
                wanted = {name: tuple(x.shape) for name, x in make().state_dict().items()}
        except (RuntimeError, OverflowError):  # a number of elements beyond 64 bits
            raise UserError(
                f"{self.label}: its config describes a model too large for any memory."
            ) from None
        weights = self.tensors(wanted, prefix)
        net = make()
        net.load_state_dict(weights)
        return net.to(self.dtype).eval().requires_grad_(False)

    def writer(self, ask: ModuleType) -> Writer:
        """What `ask.load` of the version makes of it, tried once.

        UserError if config and weights do not go together, e.g. a width that its heads cannot
        share.
        """
        return self.able(ask, lambda found: isinstance(found, Writer))

    def able(self, ask: ModuleType, wanted: Callable[[Any], bool]) -> Any:
        """The first of what `ask.load` returns that is wanted.

        UserError where config and weights do not go together, now or when it is asked.
        """
        with self._fitting(), self._exam():
            loaded = ask.load(self)
        for found in loaded if isinstance(loaded, tuple) else (loaded,):
            if not wanted(found):
                continue
            if isinstance(found, Writer):
                with self._fitting():
                    found.next(np.zeros((1, 1), dtype=np.int64), None)
                return _reading_any_newlines(self._guarded(found) if self.carried else found)
            return self._guarded(found)
        raise UserError(f"{self.paper} {self.version}: its ask.py does not return what it says.")

    def _guarded(self, found: Any) -> Any:
        """The same, each of whose functions ends in a sentence where the weights do not fit."""

        def guarded(function: Callable) -> Callable:
            def call(*given: Any) -> Any:
                with self._fitting():
                    return function(*given)

            return call

        parts = {field.name: getattr(found, field.name) for field in fields(found)}
        return replace(found, **{name: guarded(f) for name, f in parts.items() if callable(f)})

    def _exam(self) -> contextlib.AbstractContextManager:
        """How `ask.load` gets its exam: from the data, or from what is carried in its place."""
        if self.carried is None:
            return contextlib.nullcontext()
        return without_data(room(self.paper), self.carried)

    @contextlib.contextmanager
    def _fitting(self) -> Iterator[None]:
        try:
            yield
        except (*UNFIT, *LACKING) as error:
            if isinstance(error, LACKING) and self.carried is None:
                raise
            reason = " ".join(str(error).split())
            raise UserError(f"{self.label} does not go with its config: {reason}") from None

    @property
    def label(self) -> str:
        return str(self.file)

    def _finite(self, file: Any, name: str) -> Tensor:
        tensor = file.get_tensor(name)
        if tensor.is_floating_point():
            tensor = tensor.float()
            if not tensor.isfinite().all():
                raise UserError(f"{self.label}: {name} is not finite: this training diverged.")
        return tensor


def _reading_any_newlines(writer: Writer) -> Writer:
    """Prompts follow the rule of training texts: a line ends with a line feed."""

    def through(read: Callable) -> Callable:
        return lambda prompt: read(unix_newlines(prompt))

    attend = writer.attend and through(writer.attend)
    return replace(writer, encode=through(writer.encode), attend=attend)


@contextlib.contextmanager
def _at_most(count: int, label: str) -> Iterator[None]:
    """A config that asks for a million layers is refused at the first parameter too many."""
    made = 0

    def counted(*_: object) -> None:
        nonlocal made
        made += 1
        if made > count:
            raise UserError(f"{label} has {count} tensors, fewer than its config needs.")

    hook = on_parameter(counted)
    try:
        yield
    finally:
        hook.remove()


def read_checkpoint(
    home: Room, folder: Path, data: str | None = None, dtype: str = "float32"
) -> Checkpoint:
    """The checkpoint of that folder. `data`: the user's own text or set, if it learned from one.

    UserError for files that are missing, damaged or another paper's, where the data that gave it
    its vocabulary is not here, and for a dtype that it cannot compute in.
    """
    told, shapes = told_by(folder), _shapes(folder)
    if told.paper != home.name:
        raise UserError(f"{folder} is a checkpoint of {told.paper!r}, not {home.name!r}.")
    version = home.version(told.version)
    config = home.module(f"{version}.model").Config
    if told.carried and data in (None, told.dataset.name):
        places = {"": told.dataset.name, **{use: one.name for use, one in told.more_data.items()}}
    else:
        places = where(home, told.dataset, told.more_data, data)
    return Checkpoint(
        paper=home.name,
        version=version,
        variant=Variant(version, told.deviation, Variant.of(told.variant).size),
        config=resolve(config, told.config, f"{folder / MODEL} config"),
        data=places.pop(""),
        seed=told.seed,
        file=folder / WEIGHTS,
        shapes=shapes,
        dtype=_dtype(home, version, dtype),
        more_data=places,
        carried=told.carried,
    )


def trained_on(folder: Path) -> list[tuple[str, str]]:
    """Name and sha256 of the datasets, that of the exam first, as the folder's model.json tells."""
    told = told_by(folder)
    return [(dataset.name, dataset.sha256) for dataset in (told.dataset, *told.more_data.values())]


def _dtype(home: Room, version: str, name: str) -> torch.dtype:
    if name not in DTYPES:
        raise UserError(f"no dtype {name!r}." + nearest(name, DTYPES))
    if name != "float32" and "torch" not in imported_modules(home.path(version, "model.py")):
        raise UserError(f"{home.name} {version} does without torch: it has no --dtype.")
    return DTYPES[name]


def told_by(folder: Path) -> Told:
    """What its model.json says. UserError for one that is missing or damaged."""
    path = folder / MODEL
    try:
        with _open(path) as file:
            content = file.read(LARGEST_MODEL + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}.") from None
    if len(content) > LARGEST_MODEL:
        raise UserError(f"{path} is damaged: it is larger than 1 MiB. Train again.")
    try:
        return Told.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "it"
        raise UserError(f"{path} is damaged: {place}: {first['msg']}. Train again.") from None


def _open(path: Path) -> BinaryIO:
    """UserError if there is no such file, or no ordinary one: a pipe would be waited for."""
    try:
        kind = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        if path.parent.is_file():
            file, folder = path.parent, path.parent.parent
            said = f"{file} is no checkpoint, but a file: name its folder, {folder}."
            raise UserError(said) from None
        raise UserError(f"{path.parent} is no checkpoint: it has no {path.name}.") from None
    if not stat.S_ISREG(kind):
        raise UserError(f"{path.parent} is no checkpoint: its {path.name} is no ordinary file.")
    return path.open("rb")


def _shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """From the header alone, which safetensors holds against the file's length."""
    path = folder / WEIGHTS
    try:
        with _open(path) as file:
            length = int.from_bytes(file.read(LENGTH), "little")
            if length > LARGEST_HEADER:
                most = f"{LARGEST_HEADER >> 20} MiB"
                raise UserError(
                    f"{path} is damaged: its header is larger than {most}. Train again."
                )
            header = file.read(length)
        with safe_open(path, "pt"):  # checks all that the header says
            told = json.loads(header)
    except (OSError, SafetensorError) as error:
        raise UserError(f"{path} is damaged ({error}): train again.") from None
    return {name: tuple(t["shape"]) for name, t in told.items() if name != "__metadata__"}
