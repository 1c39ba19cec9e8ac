"""A user's own labelled lines: what is read of them, what is refused, and how they are split."""

import re

import pytest

from common.data.own_labelled import own_labelled, seems_labelled
from common.errors import UserError
from common.exams.documents import own_sentences
from common.exams.sentiment import known

KINDS = ("food", "sports", "weather")
GOOD = [f"line {i} of the file\t{KINDS[i % 3]}" for i in range(120)]


def written(folder, lines, name="my.tsv"):
    path = folder / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_lines_become_texts_and_classes_in_sorted_order(tmp_path):
    lines = ["A text,\twith a tab\tweather", "", *GOOD]
    found = own_sentences(written(tmp_path, lines))
    assert (found.name, found.classes) == ("file:my.tsv", KINDS)
    assert len(found.examples) == 121
    assert found.examples[:3] == (
        ("a text , with a tab", 2), ("line 0 of the file", 0), ("line 1 of the file", 1),
    )  # fmt: skip


def instead(number, line):
    return [*GOOD[: number - 1], line, *GOOD[number:]]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (
            instead(7, "a line without"),
            "my.tsv, line 7: there is no tab in 'a line without': write",
        ),
        (instead(8, " \tsports"), "my.tsv, line 8: there is no text before the tab"),
        (
            instead(9, "a text\t "),
            "my.tsv, line 9: there is no class behind the last tab of 'a text",
        ),
        (
            instead(3, "food\ta text that is far too long to be"),
            "my.tsv, line 3: no other line has",
        ),
        (instead(3, f"food\t{'a text ' * 9}"), "my.tsv, line 3: 'a text a text"),
        (instead(5, "\u041c\u0438\u0440!\tfood"), "my.tsv, line 5: no word is left of '\u041c"),
        (["sentence\tlabel", *GOOD], "class 'label': leave out the heading, or give that"),
        (
            instead(6, "a text\tsprots"),
            "my.tsv, line 6: no other line has the class 'sprots': mend",
        ),
        ([f"a text {i}\t1" for i in range(200)], "all lines of my.tsv have the class '1': add"),
        (GOOD[:99], "my.tsv has 99 labelled lines, and at least 100 are needed."),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(tmp_path, lines, said):
    with pytest.raises(UserError, match=re.escape(said)):
        own_sentences(written(tmp_path, lines))


def test_labelled_lines_are_told_from_a_text(tmp_path):
    assert seems_labelled(written(tmp_path, ["no tab yet"]))  # by its name: it was meant so
    assert seems_labelled(written(tmp_path, ["", "a text\t1"], "my.txt"))
    assert not seems_labelled(written(tmp_path, ["\tA chapter", "and\tits text"], "my.txt"))


def test_each_class_is_held_out_even_where_the_file_is_sorted(tmp_path):
    lines = sorted(GOOD, key=lambda line: line.split("\t")[1])
    found = own_labelled(written(tmp_path, lines))
    parts = found.splits()
    assert {name: len(part) for name, part in parts.items()} == {
        "train": 96, "validation": 12, "test": 12,
    }  # fmt: skip
    for part in (parts["test"], parts["validation"]):
        assert [sum(label == n for _, label in part) for n in range(3)] == [4, 4, 4]
    assert [label for _, label in parts["test"]] != sorted(label for _, label in parts["test"])
    assert sorted(sum(parts.values(), ())) == sorted(found.examples)
    assert parts == own_labelled(written(tmp_path, lines, "again.tsv")).splits()


def test_few_labels_are_an_equal_part_of_each_of_three_classes():
    classes = [0] * 50 + [1] * 30 + [2] * 20
    few = known(classes, 30, seed=1)
    assert [sum(classes[i] == n for i in few) for n in range(3)] == [10, 10, 10]
    assert set(few) < set(known(classes, 45, seed=1))
