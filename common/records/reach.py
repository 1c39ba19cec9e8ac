"""From a few definitions to everything that they name: functions, classes and constants, what
those name, and so on, in whatever file of the repository they stand.

Methods count with their class. Definitions that nothing names do not count; statements that do more
than bind names run whenever a file is imported, so they always count. Where it cannot be told what
is reached (a module handed around as a whole, `globals()`, `import *`), the whole file counts, with
everything that it imports. Following stops where the caller says. Nothing is executed.

Files are called by their paths from the root, "papers/rnn/task.py".
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator
from pathlib import Path

from common.records.syntax import LOCAL, Code, Import, Part, code, hash_of, part, words

Stamp = tuple[int, int] | None


class Reached:
    """What was found so far, file by file."""

    def __init__(self, root: Path, stops: Container[str] = ()) -> None:
        """`stops`: files ("common/errors.py"), folders ("common/records/") and definitions
        ("common/run/worker.py::send") at which following ends."""
        self.root, self.stops = root, stops
        self.kept: dict[str, set[int]] = {}  # places in a file
        self.looked: dict[str, Stamp] = {}  # all that the answer rests on: path -> how it was
        self._said: dict[str, set[str]] = {}  # its imports that are made use of, and expressions
        self._seen: set[tuple[str, str, str | None]] = set()
        self._visited: set[str] = set()
        self._waiting: list[tuple[str, Part]] = []
        self._codes: dict[str, Code] = {}
        self._files: dict[str, str | None] = {}
        self._ends: dict[str, bool] = {}

    def hashes(self) -> dict[str, str]:
        """File -> hash of what was found in it."""
        self.follow()
        found = {}
        for file in sorted(self.kept.keys() | self._said.keys()):
            digests = (self.code(file).digest(place) for place in sorted(self.kept.get(file, ())))
            found[file] = hash_of([*sorted(self._said.get(file, ())), *digests])
        return found

    def add(self, file: str, *names: str) -> None:
        """Begin at definitions of a file, if there is one; at all of it where it lacks them."""
        if not self.has(file):
            return
        self._visit(file)
        for name in names:
            if name in self.code(file).bound:
                self._name(file, name, None)
            else:
                self.add_whole(file)

    def add_all(self, file: str) -> None:
        """Begin at all that a file defines, with what that names of the files that it imports."""
        if self.has(file):
            self._visit(file)
            found = self.code(file)
            for place in range(len(found.body)):
                if place not in found.imports:
                    self._keep(file, place)

    def add_expression(self, file: str, node: ast.expr) -> None:
        """Begin at an expression that stands in a file."""
        self._visit(file)
        self._said.setdefault(file, set()).add(words(node))
        self._waiting.append((file, part(self.root / file, node)))

    def add_whole(self, file: str) -> None:
        """Begin at a file with everything that it imports."""
        self._visit(file)
        for place in range(len(self.code(file).body)):
            self._keep(file, place)

    def has(self, file: str) -> bool:
        """Is there such a file?"""
        if file not in self.looked:
            self.looked[file] = stamp(self.root, file)
        return self.looked[file] is not None

    def code(self, file: str) -> Code:
        """The file's code."""
        if file not in self._codes:
            self.has(file)
            self._codes[file] = code(self.root / file)
        return self._codes[file]

    def follow(self) -> None:
        """Find all that is named by what was begun at."""
        while self._waiting:
            file, found = self._waiting.pop()
            for taken in found.outer:
                self._module(file, taken, None)
            inner: dict[str, list[Import]] = {}
            for taken in found.inner:
                inner.setdefault(taken.bound, []).append(taken)
                for other in self._imported(taken):
                    self._visit(other)
            for name, attribute in found.names:
                self._name(file, name, attribute)
                for taken in inner.get(name, ()):
                    self._module(file, taken, attribute)

    def _keep(self, file: str, place: int) -> None:
        places = self.kept.setdefault(file, set())
        if place not in places:
            places.add(place)
            self._waiting.append((file, self.code(file).part(place)))

    def _name(self, file: str, name: str, attribute: str | None) -> None:
        """Keep what binds `name` in the file; of a module, `attribute` is what is taken of it."""
        if (file, name, attribute) in self._seen:
            return
        self._seen.add((file, name, attribute))
        if self._end(file) or f"{file}::{name}" in self.stops:
            return
        if name == "globals":
            self.add_whole(file)
        found = self.code(file)
        for place in found.bound.get(name, ()):
            if place not in found.imports:
                self._keep(file, place)
            for taken in found.imports.get(place, ()):
                if taken.bound == name:
                    self._module(file, taken, attribute)

    def _module(self, file: str, taken: Import, attribute: str | None) -> None:
        """Follow an import that is made use of into the repository's own files."""
        self._said.setdefault(file, set()).add(" ".join(map(str, taken)))
        module, package = self._file(taken.dotted), self._file(taken.base)
        place = module or package
        if place is None or self._end(place):
            return
        for other in self._imported(taken):
            self._visit(other)
        name = attribute if module else taken.name
        if taken.base and name and name in self.code(place).bound:
            self._name(place, name, None if module else attribute)
        else:
            self.add_whole(place)

    def _imported(self, taken: Import) -> Iterator[str]:
        """Our files that an import runs: the module that it names, and where it takes it from."""
        return filter(None, (self._file(taken.dotted), self._file(taken.base)))

    def _visit(self, file: str) -> None:
        """Importing a file runs it, its packages and what they import: keep what always runs."""
        waiting = [file]
        while waiting:
            file = waiting.pop()
            if file in self._visited or self._end(file):
                continue
            self._visited.add(file)
            found = self.code(file)
            for place in found.always:
                self._keep(file, place)
            waiting += filter(self.has, (f"{folder}__init__.py" for folder in _folders(file)))
            for imports in found.imports.values():
                for taken in imports:
                    waiting += self._imported(taken)

    def _file(self, dotted: str) -> str | None:
        """The file of a module of this repository, None for any other."""
        if dotted not in self._files:
            base = dotted.replace(".", "/")
            names = (f"{base}/__init__.py", f"{base}.py") if dotted.split(".")[0] in LOCAL else ()
            self._files[dotted] = next(filter(self.has, names), None)
        return self._files[dotted]

    def _end(self, file: str) -> bool:
        """Does following end at this file?"""
        if file not in self._ends:
            self._ends[file] = any(name in self.stops for name in (file, *_folders(file)))
        return self._ends[file]


def _folders(file: str) -> list[str]:
    """ "papers/rnn/task.py" -> "papers/", "papers/rnn/"."""
    parts = file.split("/")[:-1]
    return ["/".join(parts[: i + 1]) + "/" for i in range(len(parts))]


def stamp(root: Path, file: str) -> Stamp:
    """What changes whenever a file does; None if there is no such file."""
    try:
        found = (root / file).stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size)
