"""The MLflow UI on this machine alone."""

from pathlib import Path


def serve(root: Path, port: int = 5000) -> None: ...
