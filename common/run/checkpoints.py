"""Checkpoints that survive being killed at any moment.

A checkpoint is a folder `step-<n>/` with `state.safetensors` and `meta.json` (the loop's own state
and the sha256 of both). It is written under a temporary name, synced, renamed, and only then does
the file `latest` point to it. The one before is kept: if the latest is damaged, it is used instead.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from common.records.record import write_json
from common.run.resume import State, Stored

KEPT = 2


class Checkpoints:
    """The checkpoints of one run, in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        for leftover in folder.glob(".step-*"):  # a write that was killed
            shutil.rmtree(leftover, ignore_errors=True)

    def save(self, step: int, state: State, loop: dict[str, Any]) -> None:
        """Write the state of step `step` whole or not at all."""
        tensors = {name: torch.as_tensor(value).contiguous() for name, value in state.items()}
        payload = save(tensors)
        temporary = self.folder / f".step-{step}"
        temporary.mkdir(parents=True, exist_ok=True)
        write_synced(temporary / "state.safetensors", payload)
        told = {"step": step, "loop": loop}
        meta = {**told, "sha256": _digest(payload, told)}
        write_synced(temporary / "meta.json", json.dumps(meta).encode())
        _sync_folder(temporary)
        final = self.folder / f"step-{step}"
        shutil.rmtree(final, ignore_errors=True)
        temporary.rename(final)
        _sync_folder(self.folder)
        write_json(self.folder / "latest", {"step": step})
        for old in self._steps()[:-KEPT]:
            shutil.rmtree(self.folder / f"step-{old}", ignore_errors=True)

    def load(self) -> tuple[int, Stored, dict[str, Any]] | None:
        """The newest checkpoint that is whole: (step, state, loop). None if there is none."""
        for step in reversed(self._steps()):
            found = self._read(self.folder / f"step-{step}")
            if found:
                return found
        return None

    def _steps(self) -> list[int]:
        return sorted(int(p.name.removeprefix("step-")) for p in self.folder.glob("step-*"))

    @staticmethod
    def _read(folder: Path) -> tuple[int, Stored, dict[str, Any]] | None:
        try:
            meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
            payload = (folder / "state.safetensors").read_bytes()
            told = {"step": meta["step"], "loop": meta["loop"]}
            if _digest(payload, told) != meta["sha256"]:
                return None
            return told["step"], load(payload), told["loop"]
        except (OSError, ValueError, KeyError, TypeError, SafetensorError):
            return None


def _digest(payload: bytes, told: dict[str, Any]) -> str:
    return hashlib.sha256(payload + json.dumps(told, sort_keys=True).encode()).hexdigest()


def write_synced(path: Path, payload: bytes) -> None:
    """Write a file and wait until the disk has it."""
    with path.open("wb") as file:
        file.write(payload)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
