"""Put what a variant's training found in its places: weights, metrics, and last the record."""

from __future__ import annotations

import shutil
from pathlib import Path

from common.records.record import Record, record_path, summary, write_json, write_record
from common.run.start import seed_weights


def publish(
    folder: Path, records: Path, record: Record, work: Path, every_seed: bool = False
) -> Path:
    """Write weights and metrics under `folder`, then the record under `records`.

    The weights are those of the first seed; with `every_seed`, because another version starts from
    them, those of each seed lie beside them. Returns the record's path.
    """
    _publish_checkpoint(folder / "checkpoints" / record.variant, record, work, every_seed)
    write_json(folder / "metrics" / f"{record.variant}.json", summary(record.seeds))
    path = record_path(records, record)
    write_record(path, record)
    return path


def _publish_checkpoint(folder: Path, record: Record, work: Path, every_seed: bool) -> None:
    """The first seed's weights, in a folder that is there whole or not at all."""
    new, old = (folder.with_name(f".{folder.name}.{age}") for age in ("new", "old"))
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir(parents=True)
    seed = record.seeds[0].seed
    weights = work / f"seed-{seed}" / "weights.safetensors"
    shutil.copyfile(weights, new / weights.name)
    for run in record.seeds if every_seed else ():
        shutil.copyfile(work / f"seed-{run.seed}" / weights.name, seed_weights(new, run.seed))
    keep = ("paper", "variant", "version", "deviation", "config", "dataset", "more_data", "seal")
    described = record.model_dump(mode="json", include=set(keep))
    write_json(new / "model.json", {**described, "seed": seed})
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
