"""`papers chat` in a terminal, as a user meets it; refusals and help of the commands that write."""

import os
import pty
import select
import signal
import sys
import time
from pathlib import Path

import pytest
from typer.main import get_command

from common.ask.writer import Settings
from common.commands import cli
from common.paper import rooms
from tests.small_models import untrained

ROOT = Path(__file__).parents[1]
SECONDS = 60
PATIENCE = 10  # seconds until a key is pressed again
CTRL_C = "\x03"
UNNOTICED = """
import os, signal, sys, threading
def when_told():
    os.read(int(os.environ["TOLD"]), 1)
    signal.raise_signal(signal.SIGTERM)
threading.Thread(target=when_told, daemon=True).start()
"""


@pytest.fixture
def checkpoint(tmp_path):
    return untrained(tmp_path)


class Terminal:
    """The command line in a pseudo-terminal; `code` runs before it, in the same process."""

    def __init__(self, arguments, code="", folder=ROOT):
        self.output = ""
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            program = f"{code}\nfrom common.commands.cli import main\nmain()"
            os.execv(sys.executable, [sys.executable, "-c", program, *arguments])

    def send(self, text):
        os.write(self.file, text.encode())

    def expect(self, words, key=""):
        """Read until `words` come, pressing a key until then; what came since the last time."""
        deadline, pressed = time.monotonic() + SECONDS, -PATIENCE
        while words not in self.output:
            assert time.monotonic() < deadline, f"no {words!r} in {self.output[-500:]!r}"
            if key and time.monotonic() > pressed + PATIENCE:
                self.send(key)
                pressed = time.monotonic()
            if select.select([self.file], [], [], 0.2)[0]:
                self.output += self.read()
        came, _, self.output = self.output.partition(words)
        return came

    def read(self):
        try:
            return os.read(self.file, 4096).decode("utf-8", "replace")
        except OSError:  # the other side has closed
            pytest.fail(f"the process ended: {self.output[-500:]!r}")

    def end(self):
        """The exit code, once the process has closed the terminal."""
        deadline = time.monotonic() + SECONDS
        while True:
            assert time.monotonic() < deadline, f"it goes on: {self.output[-500:]!r}"
            if select.select([self.file], [], [], 0.1)[0]:
                try:
                    os.read(self.file, 4096)
                except OSError:
                    break
        code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.file)
        return code


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_chat_in_a_terminal(checkpoint):
    terminal = Terminal(["chat", "rnn", *checkpoint])
    terminal.expect("> ")
    terminal.send("/set max_tokens 1000000\n")
    terminal.expect("max_tokens 1000000")
    terminal.expect("> ")
    terminal.send("to be\n")
    terminal.expect("to be\r\n")
    terminal.expect("o")  # the answer has begun
    time.sleep(0.5)
    # Ctrl-C: the answer stops, not the program
    assert len(terminal.expect("[stopped]", key=CTRL_C)) > 5
    terminal.expect("> ")
    terminal.send(CTRL_C)
    terminal.expect("(Ctrl-D ends)")
    terminal.expect("> ")
    terminal.send("é\n")
    assert "'é'" in terminal.expect("did not occur")
    terminal.expect("> ")
    terminal.send("/reset\n")
    terminal.expect("forgotten.")
    terminal.expect("> ")
    terminal.send("\x04")  # Ctrl-D
    assert terminal.end() == 0


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_kill_ends_a_chat(checkpoint):
    terminal = Terminal(["chat", "rnn", *checkpoint])
    terminal.expect("> ")
    os.kill(terminal.pid, signal.SIGTERM)
    assert terminal.end() == 128 + signal.SIGTERM


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_a_signal_that_does_not_break_off_the_wait_for_a_key_is_noticed(checkpoint, monkeypatch):
    """One that comes just before that wait begins, or, as here, to another thread."""
    told, tell = os.pipe()
    os.set_inheritable(told, True)
    monkeypatch.setenv("TOLD", str(told))
    terminal = Terminal(["chat", "rnn", *checkpoint], code=UNNOTICED)
    terminal.expect("> ")
    os.write(tell, b"!")
    assert terminal.end() == 128 + signal.SIGTERM
    os.close(told)
    os.close(tell)


def test_attention_is_refused_before_weights_are_asked_for(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    for paper in ("rnn", "bpe"):
        with pytest.raises(SystemExit, match="2"):
            cli.main(["attend", paper, "x", "--checkpoint", "/nowhere"])
        before, _, after = capsys.readouterr().err.partition("these have: ")
        assert before == f"error: {paper} has no attention to draw; "
        those = after.partition(".")[0].split(", ")
        assert {"bahdanau_attention", "gpt2", "vit"} <= set(those) < set(rooms())
        assert paper not in those


def test_help_says_the_defaults():
    options = {p.name: p.help for p in get_command(cli.app).commands["generate"].params}
    for name in ("max_tokens", "length_penalty", "seed", "top_p"):
        assert f"{getattr(Settings(), name):g}" in options[name]
