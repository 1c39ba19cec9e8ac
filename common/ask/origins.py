"""What trained weights learned from, and where it is: a model's vocabulary comes from there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field

from common.data.catalog import get, load_catalog
from common.data.fetch import ensure
from common.data.own import MARK, own_file, read_own
from common.errors import UserError
from common.paper import Room
from common.run.datasets import own_text_use


class TrainedOn(BaseModel, strict=True):
    """The text or dataset from which the weights were learned."""

    name: Annotated[str, Field(max_length=300)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def where(
    home: Room, exam: TrainedOn, more: dict[str, TrainedOn], given: str | None
) -> dict[str, str]:
    """Use -> where the exam's data and further texts are; others, such as tests, are not needed.

    `given` is the user's own text, if it was trained on one. UserError for other bytes.
    """
    texts = {
        use: dataset
        for use, dataset in more.items()
        if dataset.name not in load_catalog() or get(dataset.name).kind == "text"
    }
    own = own_text_use(home) if texts and given is not None else ""
    found = {"": exam, **texts}
    return {use: _data(dataset, given if use == own else None) for use, dataset in found.items()}


def _data(dataset: TrainedOn, given: str | None) -> str:
    """Where the model's vocabulary comes from: the very bytes on which it was trained."""
    name, sha256 = dataset.name, dataset.sha256
    if given is None and name not in load_catalog():
        file = name.removeprefix(MARK)
        raise UserError(
            f"this model was trained on your file {file!r}: name it with --data, or add --train"
            " for one that learns the paper's own."
        )
    if given is None:
        found = ensure(name, allow_stand_in=False, report=lambda line: None).sha256
    else:
        given = str(own_file(given))
        found = read_own(given)[1]
    if found != sha256:
        same = name == (MARK + Path(given).name if given else name)
        was = "another of that name" if same else repr(name.removeprefix(MARK))
        raise UserError(
            f"{given or name} is not the text that this model was trained on: that was {was}."
            " Add --train to train on this one, or name other weights with --checkpoint."
        )
    return given or name
