"""The conversation: what it remembers, how turns are joined, its commands."""

import itertools
import re

import pytest

from common.ask.chat import Chat
from common.ask.writer import Settings
from common.data.text import Characters
from common.errors import UserError
from tests.test_generation import following, plain, writer


def talk(lines, **changes):
    said = []
    chat = Chat(writer(defaults=Settings(max_tokens=5), **changes), said.append)
    for line in lines:
        chat.reply(line)
    return chat, "".join(said)


def test_chat_remembers_and_resets():
    chat, _ = talk(["ab", "cd"])
    assert chat.history.startswith("ab\n") and "cd\n" in chat.history
    assert chat.history.endswith("\n\n")
    first, again = talk(["ab"])[1], talk(["cd", "/reset", "ab"])[1]
    assert again.endswith("forgotten.\n" + first)


def test_chat_of_a_translator_has_no_memory():
    chat, said = talk(["ab", "/set temperature 0", "ab"], continues=False)
    assert chat.history == "" and said.endswith(plain(writer(), "ab", 5) + "\n")


def test_chat_obeys_commands_and_refuses_others():
    chat, said = talk(["/set top_p 0.9", "/set top_k 3", "/set top_k none", "/help", "/settings"])
    assert (chat.settings.top_p, chat.settings.top_k) == (0.9, None)
    assert "/reset" in said and "top_p 0.9" in said
    for line, named in [
        ("/st", "/set"),
        ("/set top_p", "value"),
        ("/set top_p 7", "top_p"),
        ("é", "é"),
    ]:
        with pytest.raises(UserError, match=named):
            chat.reply(line)
    assert chat.history == ""


def test_an_interrupt_stops_the_answer_only():
    asked = itertools.count()

    def slow(tokens, state):
        if next(asked) == 3:
            raise KeyboardInterrupt
        return following(tokens, state)

    chat, said = talk(["ab", "cd"], next=slow)
    assert said.count("[stopped]") == 1
    assert re.fullmatch(r"[a-e]{3} \[stopped\]\n[a-e]{5}\n", said)
    assert chat.history.count("\n\n") == 2


@pytest.mark.parametrize(("symbols", "joint"), [("abcd\n ", "\n"), ("abcde ", " "), ("abcdef", "")])
def test_chat_joins_turns_with_what_the_vocabulary_has(symbols, joint):
    words = Characters(symbols)
    chat, said = talk(["ab", "cd"], encode=words.encode, decode=words.decode)
    first, second = said.splitlines()
    assert chat.history == joint.join(["ab", first, "", "cd", second, "", ""])
    assert set(chat.history) <= set(symbols) and first and second
