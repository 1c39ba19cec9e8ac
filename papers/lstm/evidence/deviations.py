# Decide here: what did the first reading get wrong, what do known implementations do otherwise, and
#   with which source? At least five, three of them trained.
"""What version 1 got wrong, and what we do otherwise on purpose. Each can be put back.

The ladder trains version 2 with each deviation alone, on the same seeds. What it puts in, and what
then no longer holds, is in injections.py.
"""

from __future__ import annotations

from common.evidence.deviations import Deviation
from papers.lstm.evidence import injections

MIN_CHAR_RNN = "min-char-rnn (Karpathy 2015)"

DEVIATIONS = (
    Deviation(
        id="summed_loss",
        title="Loss summed over the sequence",
        place=f"{MIN_CHAR_RNN}, lossFun",
        paper_says="Elman trains on the error of each prediction; longer input is no larger error.",
        code_does="Sums the loss over the sequence, so the gradient grows with its length.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="karpathy/char-rnn#70; train.lua leaves the division out 'for efficiency'",
        inject=injections.summed_loss,
        invariant=injections.gradient_is_per_character,
        note="Adam divides the scale out again; what is left is that clipping always acts.",
    ),
)
