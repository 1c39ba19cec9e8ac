"""What is right in `data/`, and `data.dvc`: the pin of the bytes the committed results came from.

`pin()` is the only thing of ours that writes `data.dvc`. DVC itself adopts whatever lies in `data/`
when a stage depends on it, so no stage does: stages depend on receipts. What remains is
`dvc repro --all-pipelines` and `--recursive .`, which run every .dvc file; `check_pin()` notices.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import yaml

from common.data.catalog import Dataset, get, load_catalog, pinned
from common.data.place import data_root, files_of, folder_of, is_right
from common.errors import UserError
from common.paper import find_root

RESTORE = "Restore it with `git checkout data.dvc`."


def verify(names: Iterable[str] = (), *, cache: bool = False) -> dict[str, str]:
    """Hash every file anew: dataset -> "right", "absent" or what is wrong with it.

    `cache`: DVC's local cache as well, whose files share their bytes with data/ by hard links.
    """
    sets = [get(name) for name in names] or list(load_catalog().values())
    found = {dataset.name: state(dataset) for dataset in sets}
    if cache:
        wrong = wrong_in_cache(find_root() / ".dvc" / "cache" / "files" / "md5")
        found["DVC's cache"] = f"wrong bytes: {', '.join(wrong)}" if wrong else "right"
    return found


def state(dataset: Dataset) -> str:
    """ "right", "absent", or which files are wrong or missing."""
    files, folder = files_of(dataset), folder_of(dataset)
    if not any((folder / file.path).exists() for file in files):
        return "absent"
    bad = [file.path for file in files if not is_right(folder / file.path, file)]
    words = [f"{p} {'has wrong bytes' if (folder / p).exists() else 'is missing'}" for p in bad]
    return ", ".join(words) or "right"


def wrong_in_cache(cache: Path) -> list[str]:
    """Cache entries whose bytes are not those of their name, e.g. written through a hard link."""
    return [
        f"{path.parent.name}{path.name}"
        for path in sorted(cache.glob("??/*"))
        if path.is_file() and _md5(path) != path.parent.name + path.name.removesuffix(".dir")
    ]


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def listing(folder: Path, sets: Iterable[Dataset]) -> list[dict[str, str]]:
    """The sets' files as DVC lists a folder: md5 and path of each, sorted by path."""
    paths = sorted(f"{d.name}/{file.path}" for d in sets for file in d.files)
    return [{"md5": _md5(folder / path), "relpath": path} for path in paths]


def folder_md5(folder: Path, sets: Iterable[Dataset]) -> str:
    """The hash that DVC gives a folder with exactly these sets in it."""
    text = json.dumps(listing(folder, sets), sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() + ".dir"


def check_pin() -> str:
    """How data/ stands to data.dvc: "equal", "partial: ...", "differs: ...". Writes nothing."""
    path = find_root() / "data.dvc"
    if not path.exists():
        return "differs: there is no data.dvc"
    out = yaml.safe_load(path.read_text(encoding="utf-8"))["outs"][0]
    expected = sum(len(d.files) for d in pinned()), sum(d.bytes for d in pinned())
    if (out.get("nfiles"), out.get("size")) != expected:
        return f"differs: data.dvc was rewritten. {RESTORE}"
    states = verify(dataset.name for dataset in pinned())
    wrong = [f"{name} ({what})" for name, what in states.items() if what not in ("right", "absent")]
    absent = [name for name, what in states.items() if what == "absent"]
    if wrong:
        return "differs: " + "; ".join(wrong)
    if absent:
        return f"partial: {', '.join(absent)} not fetched"
    if out["md5"] != folder_md5(data_root(), pinned()):
        return f"differs: data.dvc pins other bytes than the catalogue names. {RESTORE}"
    return "equal"


def pin() -> str:
    """Write data.dvc from data/, which must hold every pinned dataset, right. For maintainers."""
    root = find_root()
    if data_root() != root / "data":
        raise UserError("Only the repository's own data/ can be pinned: unset PAPERS_DATA.")
    states = verify(dataset.name for dataset in pinned())
    wrong = [f"{name}: {what}" for name, what in states.items() if what != "right"]
    strange = _strangers(root / "data")
    if wrong or strange:
        raise UserError(
            "data/ is not what the catalogue names: "
            + "; ".join(wrong + [f"{name} does not belong" for name in strange])
            + ". Fetch what is missing with `papers data fetch --no-stand-in`, move away the rest."
        )
    add = [sys.executable, "-m", "dvc", "add", "--quiet", "data"]
    done = subprocess.run(add, cwd=root, capture_output=True, text=True)
    if done.returncode:
        raise UserError(f"dvc add failed: {done.stderr.strip()}")
    return check_pin()


def _strangers(folder: Path) -> list[str]:
    """Files in data/ that no set has; what .dvcignore leaves out does not count."""
    known = {f"{d.name}/{file.path}" for d in load_catalog().values() for file in d.files}
    paths = (p.relative_to(folder) for p in sorted(folder.rglob("*")) if p.is_file())
    ignored = ("hub", ".part")
    return [
        path.as_posix()
        for path in paths
        if path.parts[0] not in ignored
        and ".bad-" not in path.name
        and path.as_posix() not in known
    ]
