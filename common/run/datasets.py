"""The data of a run: what the paper's data stages found, or in one place the user's own text."""

from __future__ import annotations

from common.data.catalog import get
from common.data.fetch import ensure, from_receipt
from common.data.text import load_text
from common.errors import UserError
from common.paper import Room
from common.records.record import Dataset


def own_text_use(home: Room) -> str:
    """The use of the dataset whose place a text of the user's own takes: the first that is a text.

    UserError if the paper learns from no text.
    """
    for use, name in home.paper.datasets.items():
        if get(name).kind == "text":
            return use
    kind = get(home.paper.dataset).kind
    raise UserError(f"{home.name} learns from {kind}, not from a text: leave out --data.")


def identify(home: Room, own: str | None, report) -> dict[str, Dataset]:
    """Use -> dataset, that of the exam first; `own` is the absolute path of the user's own text."""
    replaced = own_text_use(home) if own else None
    if replaced is not None and home.paper.more_data:
        named = home.paper.datasets[replaced]
        report(f"your text takes the place of {named}" + (f" ({replaced})." if replaced else "."))
    found = {}
    for use, name in home.paper.datasets.items():
        receipt = home.receipt(use)
        if own and use == replaced:
            got = load_text(own)
        elif receipt.is_file():
            got = from_receipt(receipt, report)
        else:
            got = ensure(name, report=report)
        found[use] = Dataset(name=got.name, sha256=got.sha256, stand_in_for=got.stand_in_for)
    return found


def places(home: Room, own: str | None, datasets: dict[str, Dataset]) -> dict[str, str]:
    """Use -> what a run is told: a dataset's name, or the path of the user's own text."""
    names = {use: dataset.name for use, dataset in datasets.items()}
    return names | ({own_text_use(home): own} if own else {})
