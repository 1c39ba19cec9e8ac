"""Ctrl-C while a command still loads its modules, which takes a while, ends it without words.

Left alone, Python would show where in whose module the key was pressed. Here are the two halves of
the mend: `quietly()` before the imports, `answering()` once somebody catches KeyboardInterrupt.
`python -m papers.<paper>.<version>.train` calls the first from papers/__init__.py.
"""

from __future__ import annotations

import os
import signal
import threading
import time


def quietly() -> None:
    """From here on Ctrl-C ends the process at once and without words, unless it is ignored."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def answering() -> None:
    """From here on Ctrl-C is a KeyboardInterrupt again; without `quietly()` before, no change."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def end_with_dvc() -> None:
    """A stage ends with the DVC that runs it, also when that is killed: a run that went on alone
    would train beside the next one. DVC starts a stage by way of a shell, which may have made
    room for us."""
    if "DVC_STAGE" not in os.environ:
        return
    import psutil

    above = psutil.Process().parents()[:2]
    above = above if above[0].name() in ("sh", "dash", "bash", "zsh") else above[:1]
    threading.Thread(target=_watch, args=(above,), daemon=True).start()


def _watch(above: list) -> None:
    while all(process.is_running() and process.status() != "zombie" for process in above):
        time.sleep(1.0)
    os.kill(os.getpid(), signal.SIGINT)
