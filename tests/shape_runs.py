"""A file is run with a look at each line that has a shape; what was seen judges its notes.

A room's `tests/shapes.py` says with which sizes and how:

    SIZES               what each letter of the legends is: different primes, or products of them
                        (d_model = heads x d_k). A letter that means several sizes from call to call
                        has them all, its own first. Where one letter stands for the other as well
                        (T for any length, S for the source's), it is the one that comes first
    run(version, load)  runs the version's code; `load("model")` is its model.py. With version "" it
                        runs what else has a legend in the room, if anything: `load("task")`
"""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.machinery import SourceFileLoader
from itertools import combinations, product
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from tests.shapes import Note, Source, argument_names, letters_of, products

WATCH = "shapes_of_this_file"  # the module's Recorder


def arrays(value) -> tuple:
    """Shapes of the arrays in a value, tuples and lists taken apart; numbers have none."""
    if isinstance(value, torch.Tensor | np.ndarray):
        return (tuple(value.shape),) if value.ndim else ()
    if isinstance(value, tuple | list):
        return tuple(shape for item in value for shape in arrays(item))
    return ()


@dataclass
class Call:
    """One call of a function: what its notes were seen with."""

    notes: dict[str, list[tuple[int, Note]]]  # by place
    parent: Call | None
    events: list[tuple[int, tuple]] = field(default_factory=list)

    def see(self, number: int, value):
        if value is not None:
            self.events.append((number, arrays(value)))
        return value

    def arguments(self, values: dict) -> None:
        for place, notes in self.notes.items():
            kind, _, name = place.partition(" ")
            for number, _ in notes:
                if kind == "arguments":
                    self.see(number, list(values.values()))
                elif kind == "argument":
                    self.see(number, values[name])

    def result(self, value):
        for number, _ in (*self.notes.get("results", ()), *self.notes.get("docstring", ())):
            self.see(number, value)
        return value

    def story(self) -> tuple:
        """What was seen in the calls around this one, and in this one."""
        return (self.parent.story() if self.parent else ()) + tuple(dict.fromkeys(self.events))


class Recorder:
    """Called at the start of each function of a file."""

    def __init__(self, source: Source):
        self.source, self.calls = source, []
        self.places: dict[int, dict] = defaultdict(lambda: defaultdict(list))
        for number, note in enumerate(source.notes):
            self.places[note.function][note.place].append((number, note))

    def __call__(self, function: int, parent: Call | None) -> Call:
        call = Call(self.places[function], parent)
        self.calls.append((function, call))
        return call

    @cached_property
    def stories(self) -> dict[int, set[tuple]]:
        """By function, the different things that were seen in its calls."""
        found = defaultdict(set)
        for function, call in self.calls:
            found[function].add(call.story())
        return found


class Watching(ast.NodeTransformer):
    """The syntax tree with a look at every value that has a note."""

    def __init__(self, source: Source):
        self.source, self.scopes = source, []
        self.numbers = {id(node): i for i, node in enumerate(source.functions)}
        self.seen = defaultdict(list)  # node -> numbers of its notes
        for number, note in enumerate(source.notes):
            node, _ = source.statements.get(note.line, (None, None))
            kind, _, index = note.place.partition(" ")
            if kind == "value":
                self.seen[id(node)].append(number)
            elif kind == "product":
                self.seen[id(list(products(node))[int(index)])].append(number)

    def visit_FunctionDef(self, node):
        number, depth = self.numbers[id(node)], len(self.scopes)
        around = self.scopes[-1] if self.scopes else "None"
        self.scopes.append(f"shapes_of_call_{depth}")
        self.generic_visit(node)
        here = self.scopes.pop()
        values = ", ".join(f"{name!r}: {name}" for name in argument_names(node))
        start = f"{here} = {WATCH}({number}, {around})\n{here}.arguments({{{values}}})"
        documented = ast.get_docstring(node) is not None
        node.body[documented:documented] = ast.parse(start).body
        node.body += ast.parse(f"{here}.result(None)").body
        return node

    def visit(self, node):
        numbers = self.seen.get(id(node), ())
        node = super().visit(node)
        if isinstance(node, ast.Return | ast.Yield) and node.value:
            node.value = self.call("result", node.value)
        for number in numbers:
            node = self.watched(node, number)
        return node

    def call(self, name: str, *given: ast.expr) -> ast.Call:
        function = ast.Attribute(ast.Name(self.scopes[-1], ast.Load()), name, ast.Load())
        return ast.Call(function, list(given), [])

    def watched(self, node, number: int):
        """The node, with a look at its value."""

        def look(value):
            return self.call("see", ast.Constant(number), value)

        if isinstance(node, ast.expr):
            return look(node)
        if isinstance(node, ast.Assign | ast.AnnAssign):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            return [node, ast.Expr(look(loaded(target)))]
        if isinstance(node, ast.For):
            node.body.insert(0, ast.Expr(look(loaded(node.target))))
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            node.value.args[-1] = look(node.value.args[-1])
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Yield):
            node.value.value = look(node.value.value)
        else:
            node.value = look(node.value)
        return node


def loaded(target: ast.expr) -> ast.expr:
    """What a target holds once it is assigned."""
    return ast.parse(ast.unparse(target), mode="eval").body


class Loader(SourceFileLoader):
    """Loads the file with a look at its values; its compiled form is not kept."""

    def __init__(self, source: Source):
        super().__init__(source.name.removesuffix(".py").replace("/", "."), str(source.path))
        self.source = source

    def get_code(self, fullname):
        tree = ast.fix_missing_locations(Watching(self.source).visit(self.source.tree))
        return self.source_to_code(tree, self.path)


def watched(path: Path, name: str) -> tuple[ModuleType, Recorder]:
    """The file as a module of its own that notes the shapes it sees."""
    loader, recorder = Loader(Source(path, name)), Recorder(Source(path, name))
    spec = importlib.util.spec_from_file_location(loader.name, path, loader=loader)
    module = importlib.util.module_from_spec(spec)
    setattr(module, WATCH, recorder)
    with pytest.MonkeyPatch.context() as patched:  # dataclasses look for their module
        patched.setitem(sys.modules, loader.name, module)
        loader.exec_module(module)
    return module, recorder


def every(sizes: dict) -> dict[str, tuple[int, ...]]:
    return {letter: s if isinstance(s, tuple) else (s,) for letter, s in sizes.items()}


def faults(recorder: Recorder, sizes: dict) -> list[str]:
    """Everything in the file that is not so, each with its line."""
    source = recorder.source
    used = set().union(*(letters_of(note.text) for note in source.notes))
    if unknown := [f"{source.name}: SIZES has no {x}" for x in sorted(used - set(sizes))]:
        return source.faults or unknown
    numbers = sorted({note.function for note in source.notes})
    judged = (judge(recorder, sizes, number, source.notes) for number in numbers)
    return source.faults + [fault for found in judged for fault in found]


def judge(recorder: Recorder, sizes: dict, function: int, notes: list[Note]) -> list[str]:
    """What is not so in one function: notes that do not fit or were never run, and letters that
    never have their own size, are never told from another, or should be another."""
    source, sizes = recorder.source, every(sizes)
    own = {i: note for i, note in enumerate(notes) if note.function == function}
    around = set(lineage(source, function))
    used = sorted(set().union(*(letters_of(n.text) for n in notes if n.function in around)))
    options = [dict(zip(used, s)) for s in product(*(sizes[letter] for letter in used))]
    ends: list[End] = []
    for story in recorder.stories[function]:
        left = options
        for number, found in story:
            fitting = [o for o in left if notes[number].fits(found, o)]
            if not fitting and number not in own:
                break  # it is said where that one stands
            if not fitting:
                return [misfit(source, own[number], found, left)]
            left = fitting
        else:
            ends.append(End([(n, found) for n, found in story if n in own], left))
    where = {i: f"{source.name}:{note.line}: {note.text}" for i, note in own.items()}
    if never := sorted(own.keys() - {number for end in ends for number, _ in end.seen}):
        return [f"{where[i]} was never run" for i in never]
    said = [f"{where[i]}: it is never {side}" for i in own for side in unmet_sides(own[i], i, ends)]
    first = {letter: i for i in sorted(own)[::-1] for letter in letters_of(own[i].text)}
    for letter, i in first.items():
        theirs = [e for e in ends if any(letter in letters_of(own[n].text) for n, _ in e.seen)]
        if not any(o[letter] == sizes[letter][0] for e in theirs for o in e.left):
            said.append(f"{where[i]}: {letter} is never {sizes[letter][0]}, its own size")
        general = list(sizes)[: list(sizes).index(letter)]
        for other in (g for g in general if len(sizes[g]) > 1):
            strange = [e for e in theirs if all(o[letter] == sizes[other][0] for o in e.left)]
            if other not in used and strange:
                said.append(f"{where[i]}: {letter} should be {other}, which is more general")
    for a, b in combinations(used, 2):
        if not any(all(o[a] != o[b] for o in e.left) for e in ends):
            said.append(f"{where[min(own)]}: {a} and {b} are the same in every call")
    return said


@dataclass
class End:
    """The end of a call: what the function's own notes were seen with, and the letters' sizes."""

    seen: list[tuple[int, tuple]]
    left: list[dict[str, int]]


def lineage(source: Source, function: int | None) -> Iterator[int]:
    """The function and those around it."""
    while function is not None:
        yield function
        function = source.parents[function]


def misfit(source: Source, note: Note, found: tuple, left: list[dict]) -> str:
    sizes = ", ".join(f"{x} = {left[0][x]}" for x in sorted(letters_of(note.text)))
    shapes = ", ".join(map(str, found)) or "nothing with a shape"
    return f"{source.name}:{note.line}: it says {note.text}, and there is {shapes} ({sizes})"


def unmet_sides(note: Note, number: int, ends: list[End]) -> list[str]:
    """The sides of "T or 1" that no call had."""
    mine = [(found, o) for e in ends for n, found in e.seen if n == number for o in e.left]
    unmet = []
    for match in re.finditer(r"[^(), ][^(),]* or [^(),]+", note.text):
        for side in match[0].split(" or "):
            one = replace(note, text=note.text[: match.start()] + side + note.text[match.end() :])
            if not any(one.fits(*seen) for seen in mine):
                unmet.append(side)
    return unmet


def mutants(source: Source) -> Iterator[tuple[int, Note]]:
    """Each note with one of its letters replaced by another of the legend."""
    for number, note in enumerate(source.notes):
        for match in re.finditer(r"[A-Z]", note.text):
            for other in sorted(source.legend - {match[0]}):
                text = note.text[: match.start()] + other + note.text[match.end() :]
                yield number, replace(note, text=text)


def unnoticed(recorder: Recorder, sizes: dict) -> tuple[list[str], int]:
    """Wrong letters about which nothing is said, and how many were tried."""
    notes, found, count = recorder.source.notes, [], 0
    for number, wrong in mutants(recorder.source):
        count += 1
        changed = [*notes[:number], wrong, *notes[number + 1 :]]
        inside = [f for f in recorder.places if wrong.function in lineage(recorder.source, f)]
        if not any(judge(recorder, sizes, f, changed) for f in inside):
            place = f"{recorder.source.name}:{wrong.line}"
            found.append(f"{place}: {notes[number].text} as {wrong.text}")
    return found, count
