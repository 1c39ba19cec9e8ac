"""The one error a user may see: a sentence that names the thing and the mend."""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable

# A disk that is full or broken, a folder or file that is not ours to change.
FULL_OR_CLOSED = {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG, errno.EROFS, errno.ENOTDIR}
FULL_OR_CLOSED |= {errno.EACCES, errno.EPERM, errno.EEXIST}
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}  # whatever is tried next fails as well


class UserError(Exception):
    """Bad input or a missing thing. The command line prints it as one line and exits with 2."""


def from_system(error: Exception) -> str:
    """What to say of an error of the system: mostly a full disk or a folder that is closed.

    safetensors' own class has no number; what it says is of its writing.
    """
    if getattr(error, "errno", None) not in {None, *FULL_OR_CLOSED}:
        return f"{error}."
    return f"cannot write: {error}; make room or mend the folder, then run the same command again."


def visible(text: str, keep: str = "") -> str:
    """The text with what cannot be seen written out: a line feed as \\n, a blank as it is."""
    plain = (c.isprintable() or c in keep for c in text)
    return "".join(c if p else c.encode("unicode_escape").decode() for c, p in zip(text, plain))


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the closest choice, else the list of choices."""
    choices = sorted(map(str, choices))
    close = difflib.get_close_matches(word, choices, n=1, cutoff=0.5)
    if close:
        return f" Did you mean '{close[0]}'?"
    return f" Known: {', '.join(choices)}." if choices else ""


def check_utf8(*words: str) -> None:
    """UserError for a word of a command line, or a path, with bytes that are no UTF-8.

    It could be used, but neither printed nor written into a record.
    """
    for word in words:
        try:
            word.encode("utf-8")
        except UnicodeEncodeError:
            shown = word.encode("utf-8", "backslashreplace").decode()
            raise UserError(f"{shown} is not UTF-8: rename it, or type it anew.") from None
