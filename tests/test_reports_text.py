"""Any text comes out harmless, checked with a markdown parser that is not ours."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from common.reports import text

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ANYTHING = st.text(st.characters(codec="utf-8"), max_size=40) | st.text(
    st.sampled_from("|`<>*_[]()\\#+-1.!~&$=: \n\taé"), max_size=20
)
HOSTILE = ["|", "`", "<script>x</script>", "[a](javascript:b)", "---", "1. a", "# a", "\\", "_a_"]


def shown(content: str) -> str:
    """What a reader should see of the text on one line."""
    return " ".join(text.printable(content).split())


def inline_text(tokens) -> str:
    assert {t.type for t in tokens} <= {"text", "text_special"}, tokens
    return "".join(t.content for t in tokens)


@given(ANYTHING)
@example("<script>")
@example("a|b")
@example("_x_ __y__ a_b")
@example("- x")
@example("1) x")
def test_escaped_text_is_one_paragraph_of_plain_text(content):
    tokens = PARSER.parse(text.escape(content))
    if not shown(content):
        assert tokens == []
        return
    assert [t.type for t in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert inline_text(tokens[1].children) == shown(content)


@given(ANYTHING, ANYTHING)
@example("|", "`")
@example("\\", "\\|")
def test_a_table_keeps_its_cells(left, right):
    table = text.Table(["a", "b"], [[left, right]]).markdown()
    tokens = PARSER.parse(table)
    assert tokens[0].type == "table_open"
    assert tokens[-1].type == "table_close"
    cells = [t for t in tokens if t.type == "inline"][2:]
    assert [inline_text(c.children) for c in cells] == [shown(left), shown(right)]


@given(ANYTHING)
@example("```")
@example("`a|b`")
def test_code_in_a_table_keeps_its_cell(content):
    tokens = PARSER.parse(text.Table(["a", "b"], [[text.code(content), 1]]).markdown())
    cells = [t for t in tokens if t.type == "inline"][2:]
    assert len(cells) == 2
    kinds = {t.type for t in cells[0].children}
    assert kinds <= {"code_inline", "text", "text_special", "html_inline"}
    html = [t.content for t in cells[0].children if t.type == "html_inline"]
    assert html in ([], ["<code>", "</code>"])


@given(ANYTHING)
@example("```\n<script>\n````")
@example("~~~")
def test_a_fence_cannot_be_closed_from_within(content):
    tokens = PARSER.parse(text.fence(content))
    assert [t.type for t in tokens] == ["fence"]
    assert tokens[0].content.rstrip("\n") == text.printable(content).strip("\n").rstrip("\n")


@pytest.mark.parametrize("target", ["javascript:alert(1)", "data:text/html,x", "//x", " JaVa:x"])
def test_only_web_and_relative_targets_are_linked(target):
    assert "(" not in text.link("label", target)


@given(ANYTHING, ANYTHING)
def test_a_link_stays_one_link(label, target):
    made = text.link(f"x{label}", f"https://example.org/{target}")
    tokens = PARSER.parse(made)[1].children
    assert [t.type for t in tokens].count("link_open") == 1
    assert tokens[0].type == "link_open"
    assert tokens[-1].type == "link_close"
    assert inline_text(tokens[1:-1]) == shown(f"x{label}")


@pytest.mark.parametrize("content", HOSTILE)
def test_hostile_names_leave_no_markup(content):
    escaped = text.escape(content)
    assert not set("<>`|[]\\*") & set(escaped)


def test_readable_text_stays_as_it_is():
    for content in ("bits per character", "bits_per_character", "0.01", "3 of 4", "Sec. 3.2 (a)"):
        assert text.escape(content) == content


@pytest.mark.parametrize(
    ("figures", "expected"),
    [
        ((2.04781, 2.0425, 2.0511), "2.0478 [2.0425, 2.0511]"),
        ((50010.4, 49520.1, 50370.9), "50,010 [49,520, 50,370]"),
        ((12345.0, 12345.0, 12345.0), "12,345"),
        ((-0.5, -1.2, 0.2), "−0.50 [−1.20, 0.20]"),
        ((3e-9, 2e-9, 4e-9), "3.00e−09 [2.00e−09, 4.00e−09]"),
        ((None, None, None), "–"),
        ((float("nan"), 0.0, 1.0), "–"),
    ],
)
def test_intervals_show_two_digits_of_their_half_width(figures, expected):
    assert text.interval(*figures) == expected


def test_differences_bear_their_sign():
    assert text.difference(0.17, 0.15, 0.19) == "+0.170 [0.150, 0.190]"
    assert text.difference(-0.17, -0.19, -0.15) == "−0.170 [−0.190, −0.150]"
    assert text.signed(0.0) == "0.0"
    assert text.p_value(0.0004) == "< 0.001"
