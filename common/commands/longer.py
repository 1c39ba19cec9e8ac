"""`papers reproduce --long`: the newest version at the size `long`, which no `dvc repro` trains."""

from __future__ import annotations

from common.commands.reproduce import fetch
from common.config import size_names
from common.errors import UserError
from common.paper import LONG, Room, room, rooms


def reproduce_long(papers: list[str], profile: str | None, json: bool) -> None:
    """Train and record LONG of the papers, of all that have one if none are named."""
    from common.commands.ended import ending
    from common.commands.overview import report
    from common.run.launch import Request, train_variant

    if profile or json:
        raise UserError(f"--long has no {'--profile' if profile else '--json'}: leave it out.")
    homes = trained_long(papers)
    fetch(homes)
    for home in homes:
        request = Request(paper=home.name, version=home.newest, size=LONG)
        print(ending(train_variant(request, record=True)))
    report([home.name for home in homes], False, False)


def trained_long(papers: list[str]) -> list[Room]:
    """UserError for a paper whose params.yaml has no such size, or if none has."""
    found = [home for home in map(room, papers or rooms()) if LONG in size_names(home)]
    known = ", ".join(home.name for home in rooms().values() if LONG in size_names(home)) or "none"
    if lacking := [name for name in papers if name not in {home.name for home in found}]:
        raise UserError(f"{lacking[0]} has no size {LONG!r} in its params.yaml. Known: {known}.")
    if not found:
        raise UserError(f"no paper has a size {LONG!r} in its params.yaml.")
    return found
