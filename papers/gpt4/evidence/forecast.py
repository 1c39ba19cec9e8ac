"""Foretell the held-out size from the ladder's committed records, and write it to predicted.py:

    python -m papers.gpt4.evidence.forecast

Commit that file, then train the size. The commit which its record names shows what came first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import torch

from common.config import plan
from common.errors import UserError
from common.paper import find_root, room
from common.records.record import Record
from papers.gpt4 import PAPER, ask
from papers.gpt4.task import Exam
from papers.gpt4.version2 import model

FILE = "papers/gpt4/evidence/predicted.py"
HEAD = '''"""What was foretold of the held-out size, before it was run.

Written by `python -m papers.gpt4.evidence.forecast` from the ladder's records. The commit that a
record of the held-out size names must hold these very numbers: `papers report --check` looks.
"""

from common.evidence.claims import Predicted

# metric -> what the mean over the seeds is foretold to be, with an interval of {level:.0%}
PREDICTED = {{{predicted}}}

# the records from which it was foretold: variant -> seal
SEALS = {{{seals}}}
'''


def compute() -> float:
    """FLOPs of the held-out size, as params.yaml has it: nothing of it is run."""
    config = plan(room("gpt4"), PAPER.newest, size=ask.HELD_OUT).config
    symbols = Exam(PAPER.dataset, config).symbols
    with torch.device("meta"):
        net = model.GPT2(config, symbols)
    return model.compute(net, config.batch * config.context * config.steps)


def text(record: Callable[[str], Record], at: float, made: str) -> str:
    """The file, from a function that gives a variant's record."""
    predicted, variant = "", ask.variant(ask.HELD_OUT)
    for metric, told in ask.forecasts(model.foretell, record, at).items():
        numbers = [f"{x:.5g}" for x in (told.value, told.low, told.high)]  # plain, for the check
        words = {"made": made, "variant": variant, "metric": metric}
        rows = [*numbers, *(f'{name}="{word}"' for name, word in words.items())]
        lines = "".join(f"\n        {row}," for row in rows)
        predicted += f'\n    "{metric}": Predicted({lines}\n    ),'
    used = [record(ask.variant(size)) for size in ask.LADDER]
    seals = "".join(f'\n    "{one.variant}": "{one.seal}",' for one in used)
    return HEAD.format(level=model.LEVEL, predicted=predicted + "\n", seals=seals + "\n")


def main() -> None:
    record = ask.committed()
    variant = ask.variant(ask.HELD_OUT)
    try:
        record(variant)
    except UserError:
        made = datetime.now(UTC).isoformat(timespec="minutes")
        path = find_root() / Path(FILE)
        path.write_text(text(record, compute(), made), encoding="utf-8")
        print(f"{FILE}: commit it, then train the size {ask.HELD_OUT}.")
    else:
        raise UserError(f"{variant} was run already: what was given cannot be foretold.")


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
