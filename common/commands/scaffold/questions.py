"""What each file of a new room asks of its author. The question stands at its top until it is
answered and deleted; tests/test_standard.py names those that are left."""

from __future__ import annotations

import itertools
import re
import textwrap

MARK = "Decide here:"
WIDTH, INDENT = 100, "  "  # of a line, and of those on which a question goes on
QUESTIONS = {  # the first pattern that is the whole path of a file
    r"__init__\.py": "which paper is it, which metric compares its versions, on which dataset "
    "(`papers data list`), and whose models does it cite and import?",
    r"architecture\.yaml": "what flows from where to where, in which shapes?",
    r"story\.md\.j2": "what did the paper bring, which simple rival has to be beaten, and what "
    "surprised you?",
    r"params\.yaml": "at which sizes does the newest version beat the simple rival within 8 "
    "minutes for the whole room, and how many seeds do the directions ask for?",
    r"task\.py": "on which data and by which measure are all versions judged alike?",
    r"search\.py": "how do a net's scores become an answer, the same way for every version?",
    r"(\w+/)?ask\.py": "what would a user ask of such a model? docs/what-a-room-calls.md has the "
    "kinds of answers.",
    r"\w+/(model|decode)\.py": "which of the paper's equations, in its order and with its "
    "symbols? Replace all.",
    r"\w+/train\.py": "what does one step read, and what goes on from step to step?",
    r"evidence/claims\.py": "what does the paper claim, and where? At least six: counted (exact), "
    "compared with code that others wrote (equivalence), two trained (direction).",
    r"evidence/measures\.py": "how is each claim measured, at sizes that take seconds?",
    r"evidence/experiments\.py": "which claims need a short training of their own?",
    r"evidence/deviations\.py": "what did the first reading get wrong, what do known "
    "implementations do otherwise, and with which source? At least five, three of them trained.",
    r"evidence/injections\.py": "how is each deviation put back into the newest version, and what "
    "holds without it alone?",
    r"evidence/twins\.py": "whose implementation computes the same with our weights in it?",
    r"evidence/baseline\.py": "what is the simplest thing that solves this paper's task?",
    r"evidence/pictures\.py": "which picture makes the idea click, and from which weights?",
    r"tests/exam\.py": "what do small parts of the data look like, and what is the metric when "
    "plain loops compute it?",
    r"tests/shapes\.py": "which sizes, all different primes, stand for the letters of the models?",
    r"tests/(test|bench)_\w+\.py": "what must be true of this paper's models alone?",
}
GOES_ON = re.compile(r"\{?# " + INDENT)
COMMENT = {".py": ("# ", ""), ".yaml": ("# ", ""), ".j2": ("{# ", " #}")}


def asked(path: str, text: str) -> str:
    """The file with its question on top; as it is where nothing is to be decided."""
    question = next((q for p, q in QUESTIONS.items() if re.fullmatch(p, path)), None)
    if question is None:
        return text
    opening, closing = COMMENT["." + path.rpartition(".")[2]]
    inner = WIDTH - len(opening) - len(closing)
    lines = textwrap.wrap(f"{MARK} {question}", inner, subsequent_indent=INDENT)
    return "".join(f"{opening}{line}{closing}\n" for line in lines) + text


def unanswered(text: str) -> list[str]:
    """The questions that a file still asks, each in one line."""
    found = []
    for after in text.split(MARK)[1:]:
        first, *rest = after.splitlines()
        words = [
            first,
            *(GOES_ON.sub("", line) for line in itertools.takewhile(GOES_ON.match, rest)),
        ]
        found.append(" ".join(word.removesuffix("#}").strip() for word in words))
    return found


def own_lines(text: str) -> list[str]:
    """The lines of a file without the question on its top."""
    first, *rest = text.splitlines() or [""]
    return [*itertools.dropwhile(GOES_ON.match, rest)] if MARK in first else [first, *rest]
