"""Text that is harmless in markdown: escaping, fences, numbers and tables."""

from __future__ import annotations

import html
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

NONE = "–"  # an empty cell that was left empty on purpose
PLAIN = re.compile(r"[\w.+/=,:@ -]+", re.ASCII)
SPECIAL = set("&<>\"'`|*[]\\~$_")


class Safe(str):
    """Markdown made by this package: printed as it is. Every other text is escaped."""


def escape(text: object) -> Safe:
    """Any text as one line of markdown that shows exactly its characters, also in a table cell.

    Runs of white space become one space, control characters U+FFFD. Whatever could start markup
    becomes an entity, which no markdown parser reads as structure.
    """
    line = " ".join(printable(str(text)).split())
    escaped = "".join(_entity(line, i) if c in SPECIAL else c for i, c in enumerate(line))
    return Safe(_calm_start(escaped))


def _entity(line: str, i: int) -> str:
    """The character as an entity; `_` inside a word opens nothing and stays readable."""
    if line[i] == "_" and 0 < i < len(line) - 1 and (line[i - 1] + line[i + 1]).isalnum():
        return "_"
    return f"&#{ord(line[i])};"


def _calm_start(line: str) -> str:
    """Disarm what has a meaning at the start of a line only: heading, list, quote, rule."""
    numbered = re.match(r"(\d{1,9})([.)])(?=\s|$)", line)
    if numbered:
        return f"{numbered[1]}&#{ord(numbered[2])};{line[numbered.end() :]}"
    if line[:1] in set("#+-=:"):
        return f"&#{ord(line[0])};{line[1:]}"
    return line


def printable(text: str) -> str:
    """The text with control, surrogate and direction-changing characters shown as U+FFFD."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join("\ufffd" if _hidden(c) else c for c in text)


def _hidden(character: str) -> bool:
    return character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cf", "Cs")


def code(text: object) -> Safe:
    """An identifier in code type, harmless also in a table cell."""
    text = str(text)
    if PLAIN.fullmatch(text) and text == text.strip():
        return Safe(f"`{text}`")
    return Safe(f"<code>{escape(text)}</code>")


def fence(text: object, language: str = "text", limit: int = 600) -> Safe:
    """A fenced block that its content cannot close; cut to `limit` characters."""
    content = printable(str(text)).strip("\n")
    if len(content) > limit:
        content = content[:limit].rstrip() + " …"
    longest = max((len(run) for run in re.findall("`+", content)), default=0)
    ticks = "`" * max(3, longest + 1)
    return Safe(f"{ticks}{language}\n{content}\n{ticks}")


def link(label: object, target: str) -> Safe:
    """A link; only web and relative targets are linked, others are printed as text."""
    target = printable(target).strip()
    if not re.match(r"https?://|[\w.]", target) or re.match(r"(?!https?:)\w+:", target):
        return escape(label)
    quoted = html.escape(re.sub(r"[\s()<>\\`|]", _percent, target))
    return Safe(f"[{label if isinstance(label, Safe) else escape(label)}]({quoted})")


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode())


def finite(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and math.isfinite(value)


def number(value: float | None, digits: int = 4) -> Safe:
    """`digits` significant digits, thousands separated; a dash for nothing."""
    if not finite(value):
        return Safe(NONE)
    if value == 0:
        return Safe("0")
    if abs(value) < 1e-4:
        return Safe(f"{value:.{digits - 1}e}".replace("-", "−"))
    if float(value).is_integer() and abs(value) < 1e15:
        return Safe(f"{value:,.0f}".replace("-", "−"))
    return Safe(_fixed(value, digits - 1 - math.floor(math.log10(abs(value)))))


def signed(value: float | None, low: float | None = None, high: float | None = None) -> Safe:
    """A difference with its sign; decimals follow the interval where there is one."""
    if not finite(value):
        return Safe(NONE)
    text = _fixed(abs(value), _decimals(abs(value), low, high))
    zero = float(text.replace(",", "")) == 0
    return Safe(text if zero else ("+" if value > 0 else "−") + text)


def interval(mean: float | None, low: float | None, high: float | None) -> Safe:
    """ "2.051 [2.043, 2.058]": two significant digits of the half width; a dash for nothing."""
    if not finite(mean):
        return Safe(NONE)
    if not (finite(low) and finite(high)) or low == high:
        return number(mean)
    if max(abs(low), abs(high)) < 1e-4:
        return Safe(f"{number(mean, 3)} [{number(low, 3)}, {number(high, 3)}]")
    d = _decimals(mean, low, high)
    return Safe(f"{_fixed(mean, d)} [{_fixed(low, d)}, {_fixed(high, d)}]")


def difference(value: float | None, low: float | None, high: float | None) -> Safe:
    """A difference with sign and interval."""
    if not (finite(value) and finite(low) and finite(high)):
        return signed(value)
    if max(abs(low), abs(high)) < 1e-4:
        return interval(value, low, high)
    d = _decimals(value, low, high)
    ends = ", ".join(_fixed(end, d) for end in (low, high))
    return Safe(f"{signed(value, low, high)} [{ends}]")


def whole(figure: Safe) -> Safe:
    """The figure with an interval that a narrow column does not break in two."""
    return Safe(figure.replace(", ", ",&nbsp;"))


def below(text: Safe) -> Safe:
    """Small print on a line of its own in a cell."""
    return Safe(f"<br><sub>{text}</sub>")


def _fixed(value: float, decimals: int) -> str:
    text = f"{round(value, decimals):,.{max(0, decimals)}f}"
    text = text.removeprefix("-") if float(text.replace(",", "")) == 0 else text
    return text.replace("-", "−")


def _decimals(value: float, low: float | None, high: float | None) -> int:
    """Decimals that show two digits of the interval's half width, or four of the value."""
    width = (high - low) / 2 if finite(low) and finite(high) else 0
    if width > 0:
        return min(6, 1 - math.floor(math.log10(width)))
    return min(6, 3 - math.floor(math.log10(abs(value)))) if value else 1


def p_value(p: float | None) -> Safe:
    """Three decimals; "< 0.001" below."""
    if not finite(p):
        return Safe(NONE)
    return Safe("< 0.001" if p < 0.001 else f"{p:.3f}")


def plural(count: int, word: str) -> str:
    return f"{count} {word}" + ("" if count == 1 else "s")


@dataclass(frozen=True)
class Table:
    """A markdown table. Cells that are not `Safe` are escaped; `right` columns are numbers."""

    header: Sequence[object]
    rows: Sequence[Sequence[Any]]
    right: Iterable[int] = ()

    def __bool__(self) -> bool:
        return bool(self.rows)

    def markdown(self) -> Safe:
        right = set(self.right)
        rule = ["---:" if i in right else "---" for i in range(len(self.header))]
        lines = [self._line(self.header), f"| {' | '.join(rule)} |", *map(self._line, self.rows)]
        return Safe("\n".join(lines))

    @staticmethod
    def _line(cells: Sequence[object]) -> str:
        return f"| {' | '.join(c if isinstance(c, Safe) else escape(c) for c in cells)} |"


def finalize(value: object) -> str:
    """What a template prints: tables and `Safe` text as they are, everything else escaped."""
    if value is None:
        return ""
    if isinstance(value, Table):
        return value.markdown()
    return value if isinstance(value, Safe) else escape(value)
