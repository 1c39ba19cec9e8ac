"""What was foretold of the held-out size, before it was run.

Written by `python -m papers.gpt4.evidence.forecast` from the ladder's records. The commit that a
record of the held-out size names must hold these very numbers: `papers report --check` looks.
"""

from common.evidence.claims import Predicted  # noqa: F401

PREDICTED = {}  # nothing yet: the ladder is not recorded

SEALS = {}
