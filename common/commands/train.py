"""`papers train`: one version, on the paper's data or the user's own. Light until it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from common.commands.runs_cli import PaperName
from common.commands.samples import next_steps

Profile = Annotated[
    str | None, typer.Option(help="smoke, cpu or gpu; by default what params.yaml says.")
]


def train(
    paper: PaperName,
    version: Annotated[str, typer.Argument(help="A version's name, as in `papers show PAPER`.")],
    profile: Profile = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="A seed; repeat the option for more.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("-S", metavar="NAME=VALUE", help="Change a parameter; repeatable."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(metavar="FILE|SET", help="Train on your own text, or on another dataset."),
    ] = None,
    deviation: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Put one mistake back in (see `papers deviations`)."),
    ] = None,
    size: Annotated[str | None, typer.Option(help="One of the sizes in params.yaml.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads per worker process.")] = None,
    dtype: Annotated[str | None, typer.Option(help="float32 or bfloat16.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    record: Annotated[bool, typer.Option("--record", help="Write the paper's record.")] = False,
) -> None:
    """Train one version. An interrupted run continues where it stopped."""
    from common.commands.ended import ending
    from common.config import parse_override
    from common.paper import room
    from common.run.launch import Request, train_variant

    request = Request(
        paper=room(paper).name,
        version=version,
        deviation=deviation,
        size=size,
        profile=profile,
        overrides=dict(map(parse_override, set_ or ())),
        seeds=tuple(seed) if seed else None,
        data=data,
        device=device,
        dtype=dtype,
        threads=threads,
    )
    path = train_variant(request, record=record)
    print(ending(path))
    print(next_steps(path, data))
