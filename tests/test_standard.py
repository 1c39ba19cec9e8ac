"""Every room is held to one standard; docs/add-a-paper.md has it in words."""

import pytest

from common.paper import rooms
from common.reports import store
from tests.standard import CHECKS, faults, runs
from tests.standard.lacking import LACKING, adding, without
from tests.standard.sound import make_sound
from tests.standard.subject import Subject
from tests.toy import forget

ROOMS = list(rooms().values())


@pytest.fixture(autouse=True)
def numbers_from_records(monkeypatch):
    """Skip the tracking store, seconds each time."""
    monkeypatch.setattr(store, "numbers", store.frames)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_room_meets_the_standard(room, check):
    found = faults(Subject(room), check)
    if found and not list(room.folder.glob("runs/*/*.json")):
        # A room without records is in work: `-rx` says what is left.
        pytest.xfail("".join(f"\n  - {fault}" for fault in found))
    assert found == []


@pytest.fixture
def sound(tmp_path):
    return make_sound(tmp_path)


def test_a_sound_room_has_no_faults(sound):
    assert [fault for check in CHECKS for fault in faults(Subject(sound), check)] == []


@pytest.mark.parametrize("lack", LACKING)
def test_what_a_room_lacks_is_named(sound, lack):
    check, change, words = LACKING[lack]
    change(sound.folder)
    forget(sound.name)
    found = faults(Subject(sound), check)
    assert any(words in fault for fault in found), found


def test_every_check_is_seen_to_fail():
    assert {check for check, _, _ in LACKING.values()} == set(CHECKS)


def test_a_reason_excuses_what_cannot_be_had(sound):
    without("version2/ask.py")(sound.folder)
    hint = "(where it cannot be had, evidence/exceptions.yaml says why: ask)"
    (found,) = faults(Subject(sound), runs.ask)
    assert hint in found
    adding("evidence/exceptions.yaml", "ask: An optimizer answers no questions.\n")(sound.folder)
    assert [fault for check in CHECKS for fault in faults(Subject(sound), check)] == []
