"""Checkouts are the same bytes, whatever git was told about the ends of lines."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def clone(folder: Path, *settings: str) -> Path:
    """A clone of what is committed, with the attributes that stand here."""
    words = [word for setting in settings for word in ("-c", setting)]
    source = ["git", "clone", "-q", "--no-checkout", *words, str(ROOT), str(folder)]
    result = subprocess.run(source, capture_output=True, text=True)
    if result.returncode:
        pytest.skip(f"this is no git checkout: {result.stderr.strip()}")
    attributes = folder / ".git" / "info" / "attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_bytes((ROOT / ".gitattributes").read_bytes())
    subprocess.run(["git", "checkout", "-q", "HEAD", "--", "."], cwd=folder, check=True)
    return folder


@pytest.mark.parametrize(
    "settings", [("core.autocrlf=true",), ("core.autocrlf=false", "core.eol=crlf")]
)
def test_a_checkout_is_the_same_bytes_whatever_git_makes_of_line_ends(tmp_path, settings):
    plain = clone(tmp_path / "plain", "core.autocrlf=false", "core.eol=lf")
    other = clone(tmp_path / "other", *settings)
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=plain, capture_output=True, text=True)
    names = listed.stdout.split("\0")[:-1]
    assert len(names) > 300
    unlike = [name for name in names if (plain / name).read_bytes() != (other / name).read_bytes()]
    assert unlike == []
