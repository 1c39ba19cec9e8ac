"""`python -m common.evidence PAPER`: measure and write papers/<paper>/evidence/verdicts.json."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from common.errors import UserError
from common.evidence.verdicts import gather
from common.paper import find_root


def main(arguments: Sequence[str]) -> int:
    """Print each claim with its verdict; 2 where it could not be measured."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the same sums whatever the number of cores
    if len(arguments) != 1:
        print("usage: python -m common.evidence PAPER", file=sys.stderr)
        return 2
    try:
        content = gather(find_root(), arguments[0])
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for row in content["claims"]:
        print(f"{row['id']}: {row['verdict']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
