"""Where the command `papers` starts, and the DVC that it calls. Ctrl-C ends both at any moment."""

from __future__ import annotations

import sys
from collections.abc import Callable

from common.run.interrupts import answering, quietly


def main() -> None:
    """The command `papers`."""
    quietly()
    from common.commands import cli

    run(cli.main)


def dvc() -> None:
    """DVC as `papers reproduce` starts it; it says itself that it was interrupted."""
    quietly()
    import asyncio  # noqa: F401, DVC loads it late, and again at its end if that was interrupted

    from dvc import config, logger  # noqa: F401, its main() imports them outside of its `try`
    from dvc.cli import main

    run(lambda: sys.exit(main(sys.argv[1:])))


def run(command: Callable[[], object]) -> None:
    """Call it, with Ctrl-C as an exception for just so long."""
    try:
        answering()
        command()
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        quietly()
