"""A user's own data: a set of the catalogue, or a text file: its encoding, its line ends."""

from __future__ import annotations

import codecs
import hashlib
import importlib
import os
import re
import shlex
import stat
from pathlib import Path

from common.data.catalog import Dataset, load_catalog
from common.errors import UserError, check_utf8

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
CONTROL_CHARACTERS = {*range(32), *range(127, 160)}  # what no name should have
PROBED = 1 << 16  # bytes that are looked at to tell an encoding
OTHERS = [  # what other texts are written in, as Python and iconv both call it
    *(f"cp{number}" for number in (1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 866, 949)),
    *("koi8_r", "koi8_u", "iso8859_2", "iso8859_5", "iso8859_7"),
    *("big5", "gb18030"),
]
KANA = {0x82: "SHIFT-JIS", 0xA4: "EUC-JP"}  # first byte of the syllables of every Japanese text


def named_set(data: str) -> Dataset | None:
    """The set of the catalogue that a user names; None for a file, which goes before a set if one
    of that name lies in the working folder."""
    known = load_catalog().get(data)
    return None if known and Path(data).is_file() else known


def own_file(path: str | Path) -> Path:
    """The absolute path of a text file that may be read. UserError says what it is instead."""
    if not str(path):
        raise UserError("no file is named: give the path of a text file.")
    place = Path(path).expanduser().absolute()
    _check_name(place)
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
    if not found.st_size:  # so are the endless files of /proc
        raise UserError(f"{path} is empty: name a file with text in it.")
    if found.st_size > LARGEST:
        size = f"{found.st_size / 2**30:,.1f} GiB"
        raise UserError(f"{path} has {size}; {LARGEST >> 30} GiB is the most: cut it.")
    return place


def _check_name(place: Path) -> None:
    """The name stands in records, reports and messages: it must be text, in one line."""
    name = str(place)
    check_utf8(name)
    if any(ord(character) in CONTROL_CHARACTERS for character in name):
        raise UserError(f"the name {name!r} has a control character in it: rename the file.")


def read_own(path: str | Path) -> tuple[str, str]:
    """The text of a user's file, lines ending with a line feed, and the sha256 of its bytes."""
    place = own_file(path)
    size = place.stat().st_size
    try:
        with place.open("rb") as file:
            content = file.read(size + 1)
    except OSError as error:
        raise UserError(f"{place.name} cannot be read: {error.strerror}.") from None
    if len(content) > size:
        raise UserError(f"{place.name} is still being written: wait for its end.")
    return decoded(content, place), hashlib.sha256(content).hexdigest()


def check_unchanged(path: str, sha256: str) -> None:
    """UserError if the file is no longer what it was when the run began."""
    if read_own(path)[1] != sha256:
        raise UserError(
            f"{Path(path).name} has changed since this run began, whose record names what it was:"
            " put that back, or run the command again to learn from the new text."
        )


def decoded(content: bytes, place: Path) -> str:
    """The text of a file in UTF-8. UserError with the command that converts any other."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(_not_utf8(content, place, error.start)) from None
    if "\0" in text:
        encoding = _wide(content)
        binary = f"{place.name} is binary, not text: name a text file."
        raise UserError(_convert(place, encoding) if encoding else binary)
    return unix_newlines(text)


def unix_newlines(text: str) -> str:
    """Lines end with a line feed, whatever machine the text comes from."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _not_utf8(content: bytes, place: Path, at: int) -> str:
    name, wide = place.name, _wide(content)
    if not wide and CONTROLS & set(content[:PROBED]):
        return f"{name} is binary, not text: name a text file."
    around = content[max(0, at - PROBED // 2) :][:PROBED]
    if not wide and _damaged(around):
        return (
            f"{name} is UTF-8, but damaged (first at byte {at}): leave out what cannot be read"
            f" with {_iconv('-c -f UTF-8', place)}."
        )
    if encoding := wide or _narrow(around):
        return _convert(place, encoding)
    return f"{name} is not UTF-8 text (byte {at}), and its encoding cannot be told: convert it."


def _convert(place: Path, encoding: str) -> str:
    return (
        f"{place.name} is not UTF-8 but looks like {encoding}: convert it with"
        f" {_iconv(f'-f {encoding}', place)}, and read a few lines of it."
    )


def _iconv(how: str, place: Path) -> str:
    """The command that writes a new file beside the old one, to be pasted into a shell."""
    new = place.with_name(f"{place.stem}.utf8{place.suffix}")
    shown = [os.path.relpath(p) if p.is_relative_to(Path.cwd()) else str(p) for p in (place, new)]
    old, new = (shlex.quote(f"./{p}" if p.startswith("-") else p) for p in shown)
    return f"`iconv {how} -t UTF-8 {old} > {new}`"


def _damaged(around: bytes) -> bool:
    """Whether most of what lies beyond ASCII is UTF-8 all the same. The ends may be cut."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    text = decoder.decode(around.lstrip(bytes(range(0x80, 0xC0))))
    bad = text.count("\ufffd")
    return sum(character > "\x7f" for character in text) - bad > 2 * bad


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
    western = sum(character in WESTERN for character in beyond.decode("cp1252", "replace"))
    words = sum(map(len, re.findall(rb"[\xc0-\xff]{3,}", probed)))  # Russian, Greek, Hebrew, ...
    if western > 0.9 * len(beyond) and words < 0.1 * len(beyond):
        return "WINDOWS-1252"  # all of ISO-8859-1 that is text reads the same in it
    for byte, encoding in KANA.items():
        if beyond.count(byte) > 0.15 * len(beyond) and _decodes(probed, encoding):
            return encoding
    try:
        detector = importlib.import_module("charset_normalizer")
    except ImportError:
        return ""
    best = detector.from_bytes(probed, cp_isolation=OTHERS).best()
    return best.encoding.upper().replace("_", "-") if best else ""


def _decodes(probed: bytes, encoding: str) -> bool:
    """Whether all of it can be read so; the last character may be cut."""
    try:
        codecs.getincrementaldecoder(encoding)().decode(probed)
    except UnicodeDecodeError:
        return False
    return True
