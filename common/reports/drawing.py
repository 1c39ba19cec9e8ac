"""How a room's `evidence/pictures.py` is called: `python -m papers.mamba.evidence.pictures ...`."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path

from common.errors import UserError, from_system


def run_main(main: Callable[..., None]) -> None:
    """Call `main` with the words of the command line, the last of them the folder for pictures.

    Mistakes end in one line and exit code 2.
    """
    names = list(inspect.signature(main).parameters)
    words = sys.argv[1:]
    try:
        if len(words) != len(names):
            usage = " ".join(
                ["python -m", main.__globals__["__spec__"].name, *map(str.upper, names)]
            )
            raise UserError(f"wrong number of arguments: {usage}")
        if not Path(words[-1]).is_dir():
            raise UserError(f"{words[-1]} is no folder: make it, or name docs/pictures.")
        main(*words)
    except (UserError, OSError) as error:
        told = from_system(error) if isinstance(error, OSError) else error
        print(f"error: {told}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
