"""The text of one stage in dvc.yaml. Which stages a paper has: pipeline.py."""

from __future__ import annotations

from collections.abc import Sequence


def stage_text(
    name: str,
    command: str,
    deps: list[str],
    *,
    wdir: str = "../..",
    matrix: dict[str, list[str]] | None = None,
    params: tuple[str, ...] | None = None,
    outs: Sequence[str] = (),
    persist: Sequence[str] = (),
    committed: Sequence[str] = (),
    metrics: Sequence[str] = (),
) -> str:
    """A stage as DVC reads it. `params`: the paper and the keys of a profile in its params.yaml;
    `persist`: outs that an interrupted stage must not lose."""
    lines = [f"  {name}:"] + [f"    wdir: {wdir}"] * bool(wdir)
    if matrix:
        lines += ["    matrix:", *(f"      {k}: [{', '.join(v)}]" for k, v in matrix.items())]
    lines += [f"    cmd: {command}", "    deps:", *(f"      - {path}" for path in deps)]
    if params:
        paper, *keys = params
        own = ["profile", "${profile}.seeds", *("${profile}." + key for key in keys)]
        lines += ["    params:", "      - params.yaml:", "          - engine"]
        lines += [f"      - papers/{paper}/params.yaml:", *(f"          - {key}" for key in own)]
    kept = ["cache: false", "persist: true"]
    entries = [(path, []) for path in outs] + [(path, kept[1:]) for path in persist]
    lines += _outputs("outs", entries + [(path, kept) for path in committed])
    lines += _outputs("metrics", [(path, kept) for path in metrics])
    return "\n".join(lines) + "\n"


def _outputs(kind: str, entries: list[tuple[str, list[str]]]) -> list[str]:
    lines = [f"    {kind}:"] if entries else []
    for path, flags in entries:
        lines.append(f"      - {path}" + ":" * bool(flags))
        lines += [f"          {flag}" for flag in flags]
    return lines
