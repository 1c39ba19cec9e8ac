"""Ctrl-C while a command still loads its modules, which takes a while, ends it without words.

Left alone, Python would show where in whose module the key was pressed. Here are the two halves of
the mend: `quietly()` before the imports, `answering()` once somebody catches KeyboardInterrupt.
`python -m papers.<paper>.<version>.train` calls the first from papers/__init__.py.
"""

from __future__ import annotations

import signal


def quietly() -> None:
    """From here on Ctrl-C ends the process at once and without words, unless it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def answering() -> None:
    """From here on Ctrl-C is a KeyboardInterrupt again; without `quietly()` before, no change."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
