# Decide here: what did the first reading get wrong, what do known implementations do otherwise, and
#   with which source? At least five, three of them trained.
"""What version 1 got wrong, and what others did. Each can be put back into version 2.

The ladder trains version 2 with each deviation alone, on the same seeds.
"""

from __future__ import annotations

from common.evidence.deviations import Deviation
from papers.irnn.evidence import injections as put

ALGORITHM = "Algorithm 1"
DECOUPLED = "Loshchilov and Hutter 2019"

DEVIATIONS = (
    Deviation(
        id="counter_per_tensor",
        title="One counter, advanced once per tensor",
        place=f"{ALGORITHM}, t <- t + 1",
        paper_says="One timestep for each evaluation of the objective.",
        code_does="Adds one to t for every tensor, so the bias correction ends too early.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="flashlight/flashlight#143; DiffSharp/DiffSharp#292",
        inject=put.counter_per_tensor,
        invariant=put.every_tensor_begins_with_alpha,
    ),
)
