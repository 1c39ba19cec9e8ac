"""The templates' environment: names must exist, texts that are not `Safe` are escaped."""

from __future__ import annotations

import re
from functools import cache

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from common.reports.text import code, escape, finalize

LAYOUT = re.compile(r"(?ms)(?P<fenced>^(?P<ticks>`{3,})[^`\n]*\n.*?\n(?P=ticks)$)|[ \t]+$|\n{3,}")


@cache
def environment() -> jinja2.Environment:
    """Sandboxed: a story may read results, nothing else."""
    made = ImmutableSandboxedEnvironment(
        loader=jinja2.PackageLoader("common.reports"),
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"code": code, "escape": escape}
    return made


def render(template: str, context: dict) -> bytes:
    """A page: its template filled in, laid out alike everywhere."""
    text = environment().get_template(template).render(context)
    return (LAYOUT.sub(_tidy, text).strip("\n") + "\n").encode()


def _tidy(found: re.Match[str]) -> str:
    """Fenced blocks stay as they are; elsewhere no trailing blanks, one empty line at most."""
    return found["fenced"] or ("\n\n" if found[0].startswith("\n") else "")
