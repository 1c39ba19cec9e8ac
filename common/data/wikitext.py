"""MediaWiki markup to plain text, simple and deterministic: what it cannot read it leaves out."""

from __future__ import annotations

import html
import re

INNERMOST_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
INNERMOST_TABLE = re.compile(r"\{\|(?:(?!\{\||\|\}).)*\|\}", re.DOTALL)
MEDIA_LINK = re.compile(
    r"\[\[(?:File|Image|Category|[a-z]{2,3}):(?:[^\[\]]|\[\[[^\[\]]*\]\])*\]\]", re.IGNORECASE
)
NOT_PROSE = "ref|gallery|math|timeline|source|syntaxhighlight|imagemap|score|code|pre"
RULES = [
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(r"<ref[^<>]*/>", re.IGNORECASE), ""),
    (re.compile(rf"<({NOT_PROSE})\b[^<>]*>.*?</\1>", re.DOTALL | re.IGNORECASE), ""),
]
INLINE = [
    (MEDIA_LINK, ""),
    (re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]"), r"\1"),  # [[page|words]] -> words
    (re.compile(r"\[\w+://[^\s\]]*\s*([^\]]*)\]"), r"\1"),  # [url words] -> words
    (re.compile(r"<[^<>]*>"), ""),
    (re.compile(r"'{2,}"), ""),
    (re.compile(r"__[A-Z]+__"), ""),
]
HEADING = re.compile(r"(={2,})\s*(.*?)\s*\1")


def plain(markup: str) -> str:
    """The running text of an article: headings, paragraphs and list items, one each line."""
    text = html.unescape(markup)
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    for pattern in (INNERMOST_TEMPLATE, INNERMOST_TABLE):
        text = _remove_nested(pattern, text)
    for pattern, replacement in INLINE:
        text = pattern.sub(replacement, text)
    lines = (_line(line) for line in html.unescape(text).split("\n"))
    return "\n\n".join(line for line in lines if line)


def _remove_nested(pattern: re.Pattern[str], text: str) -> str:
    count = 1
    while count:
        text, count = pattern.subn("", text)
    return text


def _line(line: str) -> str:
    line = " ".join(line.lstrip("*#:; ").split())
    heading = HEADING.fullmatch(line)
    if heading:
        marks = " ".join("=" * len(heading[1]))
        return f"{marks} {heading[2]} {marks}"
    # Rests of tables and templates that were not closed, and list items that held a link only.
    broken = line.startswith(("|", "!", "{", "}")) or "{{" in line or "}}" in line
    return "" if broken or len(line) < 3 else line
