"""A user's own text file: what it is, before a byte is read; its encoding; its line ends."""

from __future__ import annotations

import codecs
import importlib
import os
import stat
from pathlib import Path

from common.errors import UserError

LARGEST = 1 << 30  # bytes: a text is held in memory several times over while a model trains on it
MARK = "file:"  # before the name of a user's file: no dataset of the catalogue is called so
KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
BOMS = {  # the longest first: UTF-32 begins as UTF-16 does
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
WESTERN = set("éèêëàâäáãåæçíìîïñóòôöõøœúùûüýÿßÉÈÀÄÅÆÇÑÓÖØŒÜ’‘“”„«»–—…€£§°·¿¡\xa0")
CONTROLS = set(range(32)) - set(b"\t\n\r\f\v\x1b")  # bytes that no text has
PROBED = 1 << 16  # bytes that are looked at to tell an encoding


def own_file(path: str | Path) -> Path:
    """The absolute path of a text file that may be read. UserError says what it is instead."""
    if any("\ud800" <= character <= "\udfff" for character in str(path)):
        name = str(path).encode("utf-8", "backslashreplace").decode()
        raise UserError(f"the name of {name} is not UTF-8: rename the file.")
    if not str(path):
        raise UserError("no file is named: give the path of a text file.")
    place = Path(path).expanduser().absolute()
    try:
        found = place.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        absent = isinstance(error, FileNotFoundError)
        raise UserError(f"{path}: {'there is no such file' if absent else reason}.") from None
    if not stat.S_ISREG(found.st_mode):
        kind = KINDS.get(stat.S_IFMT(found.st_mode), "no ordinary file")
        raise UserError(f"{path} is {kind}: name a text file.")
    if not os.access(place, os.R_OK):
        raise UserError(f"{path} may not be read by you: change its permissions or copy it.")
    if found.st_size > LARGEST:
        size = f"{found.st_size / 2**30:,.1f} GiB"
        raise UserError(f"{path} has {size}; {LARGEST >> 30} GiB is the most: cut it.")
    return place


def decoded(content: bytes, name: str) -> str:
    """The text of a file in UTF-8. UserError with the command that converts any other."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(_not_utf8(content, name, error.start)) from None
    if "\0" in text:
        encoding = _wide(content)
        raise UserError(
            _convert(name, encoding)
            if encoding
            else f"{name} is binary, not text: name a text file."
        )
    return unix_newlines(text)


def unix_newlines(text: str) -> str:
    """Lines end with a line feed, whatever machine the text comes from."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _not_utf8(content: bytes, name: str, at: int) -> str:
    if not _wide(content) and CONTROLS & set(content[:PROBED]):
        return f"{name} is binary, not text: name a text file."
    if encoding := _wide(content) or _narrow(content[max(0, at - PROBED // 2) :][:PROBED]):
        return _convert(name, encoding)
    return f"{name} is not UTF-8 text (byte {at}), and its encoding cannot be told: convert it."


def _convert(name: str, encoding: str) -> str:
    return (
        f"{name} is not UTF-8 but looks like {encoding}: convert it with"
        f" `iconv -f {encoding} -t UTF-8 {name} > converted.txt`, and read a few lines of it."
    )


def _wide(content: bytes) -> str:
    """UTF-16 or UTF-32: by their mark, or because every second byte or more is 0."""
    for mark, encoding in BOMS.items():
        if content.startswith(mark):
            return encoding
    probed = content[:PROBED]
    zeros = [probed[i::2].count(0) / max(1, len(probed[i::2])) for i in (0, 1)]
    if min(zeros) < 0.05 and max(zeros) > 0.4:
        return "UTF-16LE" if zeros[1] > zeros[0] else "UTF-16BE"
    return ""


def _narrow(probed: bytes) -> str:
    """An encoding of one or two bytes to a character, as far as it can be told; else ""."""
    beyond = bytes(byte for byte in probed if byte > 127)
    western = beyond.decode("cp1252", "replace")
    if sum(character in WESTERN for character in western) > 0.9 * len(western):
        return "WINDOWS-1252"  # all of ISO-8859-1 that is text reads the same in it
    try:
        best = importlib.import_module("charset_normalizer").from_bytes(probed).best()
    except ImportError:
        return ""
    return best.encoding.upper().replace("_", "-") if best and "\0" not in str(best) else ""
