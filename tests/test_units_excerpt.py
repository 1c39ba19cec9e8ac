"""The lines that `papers units` shows where no text is given, and what is read before them."""

import numpy as np

from common.ask.abilities import Inside
from common.commands.doors import units as command


def test_an_excerpt_begins_and_ends_with_lines_of_the_second_half():
    text = "x" * 900 + "\nrest\n\n" + "A:\nb c d e f g\n\n" * 60
    before, shown = command.excerpt(text)
    assert shown.startswith("A:\n") and shown.endswith("\n") and len(shown) <= command.EXCERPT
    assert before + shown in text and len(before) == command.BEFORE
    assert command.excerpt("ab") == ("a", "b") and command.excerpt("") == ("", "")
    assert command.excerpt("y" * 2000)[1] == "y" * command.EXCERPT


def test_a_text_can_be_read_behind_another():
    def read(text):
        tokens = [text[i : i + 2] for i in range(0, len(text), 2)]  # pairs of characters
        numbers = np.arange(len(tokens), dtype=float)[:, None]
        return Inside(tokens, {"h": numbers}, {"g": numbers / 100})

    inside = command.later(read, "abcd", "efgh")
    assert inside.tokens == ["ef", "gh"] and inside.units["h"].tolist() == [[2], [3]]
    assert inside.gates["g"].tolist() == [[0.02], [0.03]]
    assert command.later(read, "abc", "defgh").tokens == ["cd", "ef", "gh"]  # not cut in two
    assert command.later(read, "", "abcd").tokens == ["ab", "cd"]
