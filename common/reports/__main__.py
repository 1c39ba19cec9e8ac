"""`python -m common.reports paper NAME`, `index`, `all` or `check`: what the DVC stages call."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from common.errors import UserError
from common.paper import find_root

USAGE = "usage: python -m common.reports (paper NAME | index | all | check)"


def main(arguments: Sequence[str]) -> int:
    """Run one command; returns the exit code."""
    from common.reports import render

    root = find_root()
    match arguments:
        case ["paper", name]:
            written = render.write_paper(root, name)
        case ["index"]:
            written = render.write_index(root)
        case ["all"]:
            written = render.write_reports(root)
        case ["check"]:
            problems = render.check(root)
            print("\n".join(problems) or "the reports are what the records say")
            return 1 if problems else 0
        case _:
            print(USAGE, file=sys.stderr)
            return 2
    print(f"wrote {len(written)} files")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
