# Decide here: what does the paper claim, and where? At least six: counted (exact), compared with
#   code that others wrote (equivalence), two trained (direction).
"""What Radford et al. 2019 claim; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.llama import PAPER
from papers.llama.evidence import measures

NEWEST = PAPER.newest


CLAIMS = (
    Claim(
        id="corrected-counts",
        place="openai/gpt-2, README: correction of Table 2",
        sentence="The four models have 124, 355, 774 and 1558 million parameters.",
        kind="exact",
        measure=measures.corrected_counts,
    ),
    Claim(
        id="published-model",
        place="Sec. 2.3",
        sentence="Version 2 is transformers' GPT2LMHeadModel: scores, loss and gradients.",
        kind="equivalence",
        measure=measures.version2_is_published,
        unit="absolute error",
    ),
    Claim(
        id="size-32-64",
        place="Fig. 4",
        sentence="Loss on held-out text falls with the size: width 64 against 32.",
        kind="direction",
        experiment=measures.wider_is_better,
        unit="bits per character",
        expected="width 64 < width 32",
    ),
    Claim(
        id="beats-ngrams",
        place="this repository",
        sentence="A Transformer models text better than a table of six characters.",
        kind="direction",
        measure=lower(NEWEST, Baseline("6-gram", measures.ngrams)),
        unit="bits per character",
        expected="network < 6-gram (Witten-Bell)",
    ),
    Claim(
        id="zero-shot",
        place="Abstract; Table 3",
        sentence="Without training on them, the best results on 7 of 8 language modelling sets.",
        kind="out of reach",
        reason="Needs the published weights of 1.5 billion parameters, or WebText to train them.",
    ),
)
