"""The commands through which a user asks a model, in the order of `papers --help`."""

from __future__ import annotations

from common.commands.attend import attend
from common.commands.doors.caption import caption
from common.commands.doors.classify import classify
from common.commands.doors.contaminated import contaminated
from common.commands.doors.fill import fill
from common.commands.doors.match import match
from common.commands.doors.near import near
from common.commands.doors.search import search
from common.commands.doors.translate import translate
from common.commands.doors.units import units
from common.commands.generate import chat, generate
from common.commands.predict import predict

ASKED = (
    *(generate, chat, translate, attend, units),
    *(fill, classify, near, search, contaminated, caption, match, predict),
)
