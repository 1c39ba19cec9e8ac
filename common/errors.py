"""The one error a user may see: a sentence that names the thing and the mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Bad input or a missing thing. The command line prints it as one line and exits with 2."""


def cannot_write(error: object) -> str:
    """What to say of a disk that is full or a folder that cannot be written."""
    return f"cannot write: {error}; make room or mend the folder, then run the same command again."


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the closest choice, else the list of choices."""
    choices = sorted(map(str, choices))
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    if close:
        return f" Did you mean '{close[0]}'?"
    return f" Known: {', '.join(choices)}." if choices else ""
