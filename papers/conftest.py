"""`PAPERS_INJECT=rnn:summed_loss pytest papers/rnn/tests` runs a paper's tests with a deviation in.

That is the negative control: the paper's own tests must notice each of its bugs.
"""

import contextlib
import os

from common.evidence.deviations import injection
from common.paper import room

VARIABLE = "PAPERS_INJECT"
_session = contextlib.ExitStack()


def pytest_configure(config):
    """Before the tests are collected, so that what they import by name is replaced too."""
    if wanted := os.environ.get(VARIABLE):
        paper, _, deviation = wanted.partition(":")
        home = room(paper)
        _session.enter_context(injection(home, home.newest, deviation))


def pytest_unconfigure(config):
    _session.close()
