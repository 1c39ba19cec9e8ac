"""The data of a run: what the paper's data stages found, or in one place data of the user's choice.

These are a text or labelled lines of the user's own, or another set of the catalogue. Such a run is
no record.
"""

from __future__ import annotations

from pathlib import Path

from common.data.catalog import get, load_catalog
from common.data.fetch import ensure, from_receipt
from common.data.own import named_set, own_file
from common.data.own_labelled import seems_labelled
from common.data.text import load_text
from common.errors import UserError, nearest
from common.exams.documents import own_sentences
from common.paper import Room
from common.records.record import Dataset


def own_data(home: Room, data: str) -> tuple[str, str]:
    """The use whose dataset `--data` replaces, and what a run is told: a set's name, or the
    absolute path of a file.

    It is the first use of the same kind; where the paper fine-tunes, a file that seems to be
    labelled lines replaces what that learns from. A file in the working folder goes before a set of
    that name. UserError for what the paper cannot learn from.
    """
    uses, known = _uses(home), named_set(data)
    if "text" in uses and known is None:
        try:
            file = str(own_file(data))
        except UserError as error:
            raise UserError(f"{error}{_meant(data, uses)}") from None
        return uses["labelled" if fine_tunes(home) and seems_labelled(file) else "text"], file
    if known is not None and known.kind in uses:
        return uses[known.kind], data
    is_what = f"is of kind {known.kind}" if known else "is no set of that kind"
    if known is None and data in load_catalog():
        is_what = "is a file here, which goes before the set of that name"
    message = f"{home.name} learns from {' and '.join(uses)}, and {data} {is_what}."
    raise UserError(message + nearest(data, _sets(uses)))


def fine_tunes(home: Room) -> bool:
    """Whether the paper is pre-trained on text and then learns from labelled lines."""
    return {"labelled", "text"} <= _uses(home).keys()


def labels_of_own(home: Room, own: str | None) -> bool:
    """Whether `own` is the path of a user's own labelled lines."""
    return bool(own) and Path(own).is_absolute() and fine_tunes(home) and seems_labelled(own)


def _uses(home: Room) -> dict[str, str]:
    """Kind of data -> the first use of that kind."""
    return {get(name).kind: use for use, name in reversed(home.paper.datasets.items())}


def _sets(uses: dict[str, str]) -> list[str]:
    return [one.name for one in load_catalog().values() if one.kind in uses]


def _meant(data: str, uses: dict[str, str]) -> str:
    """The set that a word is nearly the name of, in a sentence, if there is one."""
    close = nearest(data, _sets(uses))
    return close if close.startswith(" Did") else ""


def identify(home: Room, own: str | None, report) -> dict[str, Dataset]:
    """Use -> dataset, that of the exam first; `own` is what the user chose, as `own_data` says."""
    replaced = own_data(home, own)[0] if own else None
    if own and replaced is not None and home.paper.more_data:
        named = home.paper.datasets[replaced]
        what = f"your text takes the place of {named}"
        if labels_of_own(home, own):
            what = f"in fine-tuning your labelled lines take the place of {named}"
        elif not Path(own).is_absolute():
            what = f"{own} takes the place of {named}"
        report(what + (f" ({replaced})." if replaced else "."))
    found = {}
    for use, name in home.paper.datasets.items():
        receipt = home.receipt(use)
        if own and use == replaced:
            got = own_sentences(own) if labels_of_own(home, own) else _chosen(own, report)
        elif receipt.is_file():
            got = from_receipt(receipt, report)
        else:
            got = ensure(name, report=report)
        found[use] = Dataset(name=got.name, sha256=got.sha256, stand_in_for=got.stand_in_for)
    return found


def _chosen(own: str, report):
    """The text, or the set: who names one wants no stand-in."""
    if Path(own).is_absolute():
        return load_text(own)
    return ensure(own, allow_stand_in=False, report=report)


def places(home: Room, own: str | None, datasets: dict[str, Dataset]) -> dict[str, str]:
    """Use -> what a run is told: a dataset's name, or the path of the user's own text."""
    names = {use: dataset.name for use, dataset in datasets.items()}
    return names | ({own_data(home, own)[0]: own} if own else {})
