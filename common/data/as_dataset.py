"""A set of the catalogue as the package `datasets` holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.data.archives import Unavailable
from common.data.catalog import get
from common.data.fetch import ensure
from common.data.hub import datasets_library
from common.data.labelled import load_labelled
from common.data.translation import load_pairs
from common.errors import UserError

if TYPE_CHECKING:
    import datasets


def as_dataset(name: str) -> datasets.DatasetDict:
    """A text, labelled or translation set of the catalogue as a Hugging Face `DatasetDict`.

    Columns: `text`; `text`, `label`; or `en`, `de`. UserError for other kinds.
    """
    try:
        library = datasets_library()
    except Unavailable as error:
        raise UserError(f"{error}.") from None
    columns = {"text": _text_columns, "pairs": _pair_columns, "labelled": _labelled_columns}
    kind = get(name).kind
    if kind not in columns:
        raise UserError(f"'{name}' is of kind {kind}; Hugging Face datasets reads the text sets.")
    splits = columns[kind](name)
    return library.DatasetDict({s: library.Dataset.from_dict(c) for s, c in splits.items()})


def _text_columns(name: str) -> dict[str, dict[str, list]]:
    fetched = ensure(name)
    paths = sorted(p for p in fetched.folder.iterdir() if p.suffix == ".txt")
    names = [p.stem for p in paths] if len(paths) > 1 else ["train"]
    return {
        split: {"text": path.read_text(encoding="utf-8").splitlines()}
        for split, path in zip(names, paths)
    }


def _pair_columns(name: str) -> dict[str, dict[str, list]]:
    pairs = load_pairs(name)
    return {
        split: {"en": [en for en, _ in rows], "de": [de for _, de in rows]}
        for split, rows in pairs.splits().items()
    }


def _labelled_columns(name: str) -> dict[str, dict[str, list]]:
    labelled = load_labelled(name)
    return {
        split: {"text": [text for text, _ in rows], "label": [label for _, label in rows]}
        for split, rows in labelled.splits().items()
    }
