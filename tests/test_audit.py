"""`nox -s security`: what is accepted is written down, for a time, and nothing is pretended."""

import json
from datetime import date

import pytest

HEAD = "# Accepted risks\n\n| id | package | why accepted | until |\n| --- | --- | --- | --- |\n"
ROW = "| GHSA-aaaa-bbbb-cccc | idle | its server is never started here | 2027-01-31 |\n"


def test_the_committed_table_can_be_read(noxfile):
    text = noxfile.RISKS.read_text(encoding="utf-8")
    accepted = noxfile.accepted_risks(text, date.min)  # whether one is over, the session says
    assert len(accepted) == sum(line.startswith("|") for line in text.splitlines()) - 2


def test_a_risk_is_accepted_until_its_day_and_no_longer(noxfile):
    text = HEAD + ROW + ROW.replace("GHSA-aaaa-bbbb-cccc", "CVE-2026-1") + "\nwords\n"
    ids = ["GHSA-aaaa-bbbb-cccc", "CVE-2026-1"]
    assert noxfile.accepted_risks(text, date(2027, 1, 31)) == ids
    with pytest.raises(ValueError, match=r"GHSA-aaaa-bbbb-cccc \(idle\) was accepted until 2027"):
        noxfile.accepted_risks(text, date(2027, 2, 1))
    assert noxfile.accepted_risks(HEAD, date.max) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" its server is never started here ", " "),
        ("2027-01-31", "soon"),
        ("2027-01-31", ""),
        ("| idle ", ""),
        ("GHSA-aaaa-bbbb-cccc", "--version"),  # it becomes an argument of a program
        ("GHSA-aaaa-bbbb-cccc", "all"),
    ],
)
def test_a_row_that_says_too_little_is_refused(noxfile, old, new):
    with pytest.raises(ValueError):
        noxfile.accepted_risks(HEAD + ROW.replace(old, new), date.min)


def test_packages_that_could_not_be_looked_up_do_not_count_as_checked(noxfile):
    skipped = {"name": "a", "skip_reason": "could not be audited"}
    sound = {"name": "b", "version": "1", "vulns": []}
    ill = {"name": "c", "version": "2", "vulns": [{"id": "CVE-2026-1", "fix_versions": []}]}
    told = [
        json.dumps({"dependencies": packages}) for packages in ([skipped], [skipped, sound, ill])
    ]
    assert noxfile.audited("") == noxfile.audited(told[0]) == (0, [])
    assert noxfile.audited(told[1]) == (2, ["c 2: CVE-2026-1"])
