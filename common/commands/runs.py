"""Records into MLflow and out of it; sealing records anew; repeating a sample of them."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from common.commands.overview import table
from common.errors import UserError
from common.paper import find_root, room, rooms
from common.records import Record, read_record, read_records, record_path, write_json


def adopt(path: Path) -> Path:
    """Put a record that was made elsewhere into its place and return that place.

    UserError if it is damaged or forged, or its paper or version is not in this repository.
    """
    try:
        record = Record.model_validate_json(path.read_bytes())
    except OSError:
        raise UserError(f"{path} cannot be read: name a record's JSON file.") from None
    except ValidationError as error:
        raise UserError(f"{path} is no record: {error.errors()[0]['msg']}.") from None
    if record.seal != record.compute_seal():
        raise UserError(f"{path}: the seal does not match the content; it was edited.")
    home = room(record.paper)
    home.version(record.version)
    place = record_path(home.folder, record)
    write_json(place, record.model_dump(mode="json"))
    read_record(place)
    return place


def import_all(files: list[Path]) -> None:
    """Take in `files`, then bring MLflow up to date with all committed records."""
    root = find_root()
    for path in files:
        print(f"{path.name} -> {adopt(path).relative_to(root)}")
    print(bring_up_to_date(root))


def bring_up_to_date(root: Path) -> str:
    """Import every paper's records. UserError if MLflow cannot take them."""
    from common import tracking

    records = [record for home in rooms().values() for record in read_records(home.folder)]
    done = tracking.import_records(records, tracking.uri(root))
    return f"MLflow: {done.new} new, {done.unchanged} as they were."


def export(folder: Path) -> None:
    from common import tracking

    for path in tracking.export_records(tracking.uri(find_root()), folder):
        print(path)


def serve(port: int) -> None:
    from common import tracking

    root = find_root()
    print(bring_up_to_date(root))
    tracking.serve(root, port)


def reseal(name: str | None) -> None:
    from common.reseal import reseal as seal_anew

    names = [room(name).name] if name else list(rooms())
    for paper in names:
        for line in seal_anew(find_root(), paper):
            print(line)


def verify(sample: int) -> None:
    """UserError when a repeated run is not what its record says."""
    from common.verify import verify as repeat

    rows = repeat(find_root(), sample)
    if rows:
        table("", list(rows[0]), [list(row.values()) for row in rows])
