"""Where commands start. Modules take a while to load; until a command can answer, Ctrl-C ends it.

Left alone, Python would show where in whose module the key was pressed. Here are the two halves of
the mend: `quietly()` before the imports, `answering()` once somebody catches KeyboardInterrupt.
`python -m papers.<paper>.<version>.train` calls the first from papers/__init__.py.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable


def quietly() -> None:
    """From here on Ctrl-C ends the process at once and without words, unless it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def answering() -> None:
    """From here on Ctrl-C is a KeyboardInterrupt again; without `quietly()` before, no change."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def main() -> None:
    """The command `papers`."""
    quietly()
    from common import cli

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
