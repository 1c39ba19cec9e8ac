"""One room per paper; nothing else. `python -m papers` is the command line."""

import sys

if sys.argv[:1] == ["-m"]:  # a command of this package begins, and will load for a while
    from common.run.interrupts import quietly

    quietly()
