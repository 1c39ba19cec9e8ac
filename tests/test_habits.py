"""What a stranger finds beside the code, and the hooks that look at a commit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
HOOKS = ROOT / ".pre-commit-config.yaml"
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_citation_names_this_very_project() -> None:
    """As the Citation File Format 1.2.0 asks."""
    told = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {"cff-version", "message", "title", "authors", "type"} <= told.keys()
    assert told["cff-version"] == "1.2.0" and told["type"] == "software"
    assert told["version"] == project["version"] and told["license"] == project["license"]
    assert all(author["name"] for author in told["authors"])


def test_the_changelog_keeps_its_form() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version, *released = re.findall(r"(?m)^## (.+)$", text)
    assert version == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", line) for line in released)
    sections = re.findall(r"(?ms)^### (.+?)$(.+?)(?=^##|\Z)", text)
    assert sections and {kind for kind, _ in sections} <= KINDS
    assert all(re.search(r"(?m)^- \S", entries) for _, entries in sections)


@pytest.mark.parametrize("page", PAGES)
def test_links_of_the_front_pages_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", (ROOT / page).read_text(encoding="utf-8"))
    local = [target for target in targets if not target.startswith("https://")]
    assert [target for target in local if not (ROOT / target).exists()] == []
    assert targets


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("def f(x: int | None) -> int:\n    return x + 1\n", "unsupported-operation"),
        ("def f(x: int) -> str:\n    return x\n", "bad-return"),
        ("import re\n\nnumber = re.search('a', 'a')[0]\n", "unsupported-operation"),
        ("def f(x: int) -> str:\n    return str(x)\n", None),
    ],
    ids=["none", "return", "no match", "sound"],
)
def test_lint_finds_a_wrong_type(tmp_path: Path, code: str, found: str | None) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "common").mkdir()
    (tmp_path / "common" / "wrong.py").write_text(code)
    checker = Path(sys.executable).with_name("pyrefly")
    words = [checker, "check", "--output-format", "min-text", "-c", tmp_path / "pyproject.toml"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == (1 if found else 0), done.stderr
    assert f"[{found}]" in done.stdout if found else "ERROR" not in done.stdout


def test_lint_checks_the_types_of_all_of_common() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
        "pyrefly"
    ]
    assert settings["project-includes"] == ["common"] and "project-excludes" not in settings
    assert not {"errors", "baseline", "preset"} & settings.keys()  # no kind of fault is left out
    lint = (ROOT / "noxfile.py").read_text().split("def lint(session)")[1].split("@nox")[0]
    assert 'run(session, "pyrefly", "check")' in lint


def test_what_the_type_checker_must_not_say_has_a_reason() -> None:
    for path in (ROOT / "common").rglob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            if re.search(r"#\s*(type|pyrefly):\s*ignore", line):
                assert re.search(r"# pyrefly: ignore\[[\w-]+\]  # \w", line), f"{path}: {line}"


@pytest.fixture
def commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A repository with our hooks, and a function that commits files: what pre-commit says then."""
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    home = tmp_path / "repository"
    home.mkdir()
    for file in (HOOKS, ROOT / "pyproject.toml"):
        shutil.copy(file, home)
    (home / ".gitignore").write_text("/.venv\n")
    (home / ".venv").symlink_to(sys.prefix, target_is_directory=True)

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=120)

    def made(**files: bytes) -> subprocess.CompletedProcess[str]:
        for name, content in files.items():
            (home / name).write_bytes(content)
        run("git", "add", "--all")
        return run("git", "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-m", "x")

    run("git", "init", "-q")
    installed = run(sys.executable, "-m", "pre_commit", "install")
    assert installed.returncode == 0, installed.stderr
    return made


def test_a_good_commit_passes_the_hooks(commit) -> None:
    done = commit(**{"good.py": b"def one() -> int:\n    return 1\n"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert (done.stdout + done.stderr).count("Passed") == 4


@pytest.mark.parametrize(
    ("name", "content", "hook"),
    [
        ("bad.py", b'import pickle\n\npickle.loads(b"")\n', "ruff check"),
        ("bad.py", b"x = {  'a':1 }\n", "ruff format"),
        ("bad.md", b"no end of the line", "text files end with one new line"),
        ("bad.bin", b"\0" * (4 << 20) + b"\0", "no file above 4 MiB"),
    ],
    ids=["a call that lint forbids", "layout", "no new line", "too large"],
)
def test_each_hook_stops_a_bad_commit(commit, name: str, content: bytes, hook: str) -> None:
    done = commit(**{name: content})
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert re.findall(r"(?m)^(.+?)\.{3,}(?:\(.+?\))?Failed$", said) == [hook], said
