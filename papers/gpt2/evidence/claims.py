"""What Radford et al. 2019 claim; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.gpt2 import PAPER
from papers.gpt2.evidence import measures

NEWEST = PAPER.newest

COUNTS = tuple(
    Claim(
        id=f"parameters-{printed}m",
        place="Table 2",
        sentence=f"{layers} layers of width {d} have {printed} million parameters.",
        kind="exact",
        measure=lambda printed=printed: measures.count(printed),
        unit="million parameters",
    )
    for printed, (layers, d) in measures.TABLE2.items()
)

CLAIMS = (
    *COUNTS,
    Claim(
        id="corrected-counts",
        place="openai/gpt-2, README: correction of Table 2",
        sentence="The four models have 124, 355, 774 and 1558 million parameters.",
        kind="exact",
        measure=measures.corrected_counts,
    ),
    Claim(
        id="where-the-error-lies",
        place="Table 2; Sec. 2.3",
        sentence="The printed counts are those of GPT-1's vocabulary of 40,478 (our explanation).",
        kind="exact",
        measure=measures.old_vocabulary,
        unit="of 4 printed counts",
    ),
    Claim(
        id="residual-initialisation",
        place="Sec. 2.3",
        sentence="Weights of residual layers begin smaller by 1 / sqrt(N): 0.0041 at 12 blocks.",
        kind="exact",
        measure=measures.residual_std,
        unit="standard deviation",
    ),
    Claim(
        id="first-loss",
        place="Sec. 2.3",
        sentence="So initialised, an untrained model spends ln 50,257 nats on each token.",
        kind="exact",
        measure=measures.first_loss,
        unit="nats per token",
    ),
    Claim(
        id="causality",
        place="Sec. 2, Eq. 1",
        sentence="Each token is predicted from those before it: later ones change nothing.",
        kind="exact",
        measure=measures.the_future_changes_nothing,
        unit="largest change of a score",
    ),
    Claim(
        id="cache",
        place="Sec. 2, Eq. 1",
        sentence="Reading token by token with kept keys and values gives the same scores.",
        kind="exact",
        measure=measures.cache_equals_no_cache,
        unit="absolute error",
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
        id="published-sizes",
        place="Table 2",
        sentence="So it is at the depths and heads of all four sizes, two components to a head.",
        kind="equivalence",
        measure=measures.all_sizes_are_published,
        unit="absolute error",
    ),
    Claim(
        id="from-scratch",
        place="Sec. 2.3",
        sentence="Version 1 is the same model with the exact GELU and a head of its own.",
        kind="equivalence",
        measure=measures.version1_is_published_but_for_its_slips,
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
        id="pre-norm",
        place="Sec. 2.3",
        sentence="The norm stands at the input of each sub-block: better than after the sum.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+post_norm"),
        unit="bits per character",
        expected="before < after",
    ),
    Claim(
        id="residual-scaling",
        place="Sec. 2.3",
        sentence="Smaller residual weights at the start account for accumulation with depth.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+unscaled_residuals"),
        unit="bits per character",
        expected="scaled < not scaled",
    ),
    Claim(
        id="byte-pairs",
        place="Sec. 2.2",
        sentence="Byte pairs model text better than its single characters.",
        kind="direction",
        measure=lower(f"{NEWEST}+byte_pairs", NEWEST),
        unit="bits per character",
        expected="byte pairs < characters",
    ),
    Claim(
        id="context",
        place="Sec. 2.3",
        sentence="A longer context helps: from 512 to 1024 tokens there, within a window here.",
        kind="direction",
        measure=lower((NEWEST, "last_quarter_bits"), (NEWEST, "second_quarter_bits")),
        unit="bits per character",
        expected="last quarter < second quarter",
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
    Claim(
        id="underfitting",
        place="Fig. 4",
        sentence="Even the largest model underfits WebText.",
        kind="out of reach",
        reason="WebText (8 million documents, 40 GB) was never published.",
    ),
)
