"""`papers demo`: trained weights, small enough for git. Light until the command runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from common.commands.generate import PaperName
from common.paper import find_root, room


def demo(
    paper: PaperName,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="Default: what `papers train PAPER --size long --record` left."
        ),
    ] = None,
) -> None:
    """Make the demo weights of a paper, for git, from its recorded run of the size `long`.

    At most 4 MB, with the record's seal inside. A clone without other weights answers with them.
    """
    from common.ask.demo import make

    home = room(paper)
    folder, record = make(home, checkpoint)
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder.relative_to(find_root())}: {size:,} bytes, seed {record.seeds[0].seed}")
    print(f"of the record {record.hardware.name}/{record.variant}")
