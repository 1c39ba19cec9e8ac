"""Write the reports, or check that the committed ones are what the records say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from common.errors import UserError, nearest
from common.paper import rooms
from common.reports import architecture, figures, index, page, provenance, story
from common.reports.environment import render
from common.reports.references import stale
from common.reports.results import Results, load

# In the root's README.md, e.g. <!-- sample:begin gpt2 speedrun --> ... <!-- sample:end -->.
MARK = re.compile(r"<!-- (?P<name>results|sample):begin(?P<words>[^>]*) -->\n")
FOLDER = Path("reports")
Pages = dict[Path, bytes]  # path relative to the root -> content


def write_reports(root: Path, papers: Sequence[str] | None = None) -> list[Path]:
    """Write the pages of the named papers (all by default) and the pages over all papers."""
    everything = load(root)
    chosen = _chosen(everything, papers)
    pages = _papers(chosen) | _overview(root, everything)
    _remove_old_figures(root, chosen, pages)
    return _write(root, pages)


def write_paper(root: Path, name: str) -> list[Path]:
    """Write one paper's page and figures."""
    if name not in rooms(root):
        raise UserError(f"no paper {name!r}." + nearest(name, rooms(root)))
    found = load(root, [name])
    pages = _papers(found)
    _remove_old_figures(root, found, pages)
    return _write(root, pages)


def write_index(root: Path) -> list[Path]:
    """Write the pages over all papers, and the results in the root's README.md."""
    return _write(root, _overview(root, load(root)))


def check(root: Path) -> list[str]:
    """What differs between the committed reports and the records; [] when nothing does."""
    everything = load(root)
    pages = _papers(everything) | _overview(root, everything)
    problems = [
        problem
        for path, content in sorted(pages.items())
        if (problem := difference(root, path, content))
    ]
    for extra in sorted(_generated(root) - pages.keys()):
        problems.append(f"{extra.as_posix()} is made from no record: delete it.")
    for results in everything.values():
        readme = results.folder / "README.md"
        if readme.is_file():
            label = f"papers/{results.name}/README.md"
            problems += stale(results, readme.read_text(encoding="utf-8"), label)
    return problems


def difference(root: Path, path: Path, content: bytes) -> str:
    """A sentence naming the file and its first line that differs, "" if the bytes are equal."""
    file = root / path
    if not file.is_file():
        return f"{path.as_posix()} is missing: run `papers report`."
    found = file.read_bytes()
    if found == content:
        return ""
    committed, now = found.split(b"\n"), content.split(b"\n")
    pairs = enumerate(zip(committed, now), start=1)
    line = next((i for i, (a, b) in pairs if a != b), min(len(committed), len(now)) + 1)
    old, new = (_excerpt(lines, line) for lines in (committed, now))
    return f"{path.as_posix()}, line {line}: it says {old}, the records say {new}."


def _excerpt(lines: list[bytes], line: int) -> str:
    if line > len(lines):
        return "nothing"
    text = lines[line - 1].decode(errors="replace")
    return repr(text if len(text) <= 100 else text[:99] + "…")


def _chosen(everything: dict[str, Results], papers: Sequence[str] | None) -> dict[str, Results]:
    for name in papers or ():
        if name not in everything:
            raise UserError(f"no paper {name!r}." + nearest(name, everything))
    return everything if papers is None else {name: everything[name] for name in papers}


def _papers(everything: dict[str, Results]) -> Pages:
    pages: Pages = {}
    for name, results in everything.items():
        told = story.read(results)
        drawn = figures.draw(results, told.baseline)
        pages |= {FOLDER / "figures" / file: content for file, content in drawn.items()}
        pages[FOLDER / f"{name}.md"] = render("paper.md.j2", page.context(results, told, drawn))
        if (plan := results.folder / architecture.FILE).is_file():
            picture = architecture.draw(architecture.read(plan))
            pages[FOLDER / "figures" / f"{name}-architecture.svg"] = picture
    return pages


def _overview(root: Path, everything: dict[str, Results]) -> Pages:
    drawn = figures.overview(list(everything.values()))
    stories = {name: story.read(results) for name, results in everything.items()}
    context = index.context(everything, stories, drawn)
    pages = {FOLDER / "figures" / file: content for file, content in drawn.items()} | {
        FOLDER / file: render(template, context)
        for file, template in (
            ("README.md", "index.md.j2"),
            ("deviations.md", "deviations.md.j2"),
            ("hardware.md", "hardware.md.j2"),
        )
    }
    readme = root / "README.md"
    if readme.is_file() and MARK.search(text := readme.read_text(encoding="utf-8")):
        pages[Path("README.md")] = _filled(text, everything, context).encode()
    return pages


def _filled(text: str, everything: dict[str, Results], context: dict) -> str:
    """README's text with what is generated between its markers."""
    made, at = [], 0
    for found in MARK.finditer(text):
        end = f"<!-- {found['name']}:end -->"
        if (stop := text.find(end, found.end())) < 0:
            raise UserError(f"README.md has {found[0].strip()} without {end}: add it behind.")
        words = found["words"].split()
        if found["name"] == "results":
            content = render("results.md.j2", context).decode()
        else:
            content = _sample(everything, words)
        made += [text[at : found.end()], content]
        at = stop
    return "".join([*made, text[at:]])


def _sample(everything: dict[str, Results], words: list[str]) -> str:
    """The sample of the paper and variant that a marker names."""
    if len(words) != 2 or words[0] not in everything:
        raise UserError("README.md: <!-- sample:begin PAPER VARIANT --> names no paper.")
    return provenance.sample(everything[words[0]], words[1]) + "\n"


def _write(root: Path, pages: Pages) -> list[Path]:
    """Write what changed, each file whole or not at all; return all paths."""
    for path, content in pages.items():
        file = root / path
        if not file.is_file() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            part = file.with_name(f".{file.name}.part")
            part.write_bytes(content)
            part.replace(file)
    return [root / path for path in sorted(pages)]


def _generated(root: Path) -> set[Path]:
    """Files in reports/ that look generated, relative to the root."""
    folder = root / FOLDER
    found = [*folder.glob("*.md"), *folder.glob("figures/*.svg")]
    return {path.relative_to(root) for path in found}


def _remove_old_figures(root: Path, names: Iterable[str], pages: Pages) -> None:
    """Delete figures of these papers that are drawn no more."""
    for path in _generated(root) - pages.keys():
        if path.suffix == ".svg" and path.stem.rpartition("-")[0] in names:
            (root / path).unlink()
