"""What Gu and Dao 2023 claim; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.mamba import PAPER
from papers.mamba.evidence import measures

NEWEST = PAPER.newest

COUNTS = tuple(
    Claim(
        id=f"parameters-{size.replace('.', '-')}",
        place="App. E.2, Table 12; the published weights",
        sentence=f"{layers} layers of width {width} are the published model of {size}.",
        kind="exact",
        measure=lambda size=size: measures.count(size),
        unit="parameters",
    )
    for size, (width, layers, _) in measures.PUBLISHED.items()
)

CLAIMS = (
    *COUNTS,
    Claim(
        id="theorem-1",
        place="Sec. 3.5.1, Theorem 1",
        sentence="With N = 1, A = -1, B = 1 selection is the gate h = (1 - g) h + g x.",
        kind="exact",
        measure=measures.theorem,
        unit="absolute error",
    ),
    Claim(
        id="scan-step-parallel",
        place="Sec. 3.3.2; Eq. 2",
        sentence="The fused scan, the parallel scan and the recurrence give the same scores.",
        kind="exact",
        measure=measures.three_ways,
        unit="absolute error",
    ),
    Claim(
        id="constant-state",
        place="Sec. 3.1; Sec. 4.5",
        sentence="What is carried from token to token does not grow with the text.",
        kind="exact",
        measure=measures.state_stays_as_large,
        unit="numbers",
    ),
    Claim(
        id="causality",
        place="Eq. 2; Fig. 3",
        sentence="Each token is predicted from those before it: later ones change nothing.",
        kind="exact",
        measure=measures.the_future_changes_nothing,
        unit="largest change of a score",
    ),
    Claim(
        id="published-model",
        place="Fig. 3; the published code",
        sentence="Version 3 is transformers' Mamba: scores and all gradients.",
        kind="equivalence",
        measure=measures.version3_is_published,
        unit="absolute error",
    ),
    Claim(
        id="published-model-in-pieces",
        place="Fig. 3; the published code",
        sentence="Version 2 is transformers' Mamba: scores and all gradients.",
        kind="equivalence",
        measure=measures.version2_is_published,
        unit="absolute error",
    ),
    Claim(
        id="mambapy",
        place="Sec. 3.3.2",
        sentence="Both scans are mambapy's parallel scan, and so are their gradients.",
        kind="equivalence",
        measure=measures.scans_as_mambapy,
        unit="absolute error",
    ),
    Claim(
        id="zero-order-hold",
        place="Eq. 4",
        sentence="Version 1 discretises A and B as scipy's zero-order hold does.",
        kind="equivalence",
        measure=measures.holds_as_scipy,
        unit="absolute error",
    ),
    Claim(
        id="selective-copying",
        place="Sec. 4.1.1, Table 1",
        sentence="Selection solves selective copying; time-invariant parameters do not.",
        kind="direction",
        experiment=measures.copies_selectively,
        unit="wrong answers, %",
        expected="selective < constant Delta, B and C",
    ),
    Claim(
        id="induction-heads",
        place="Sec. 4.1.2, Table 2",
        sentence="Far beyond the length of training Mamba still finds what stood behind a token.",
        kind="direction",
        experiment=measures.induces_further,
        unit="wrong answers, %",
        expected="Mamba < GPT-2 at 16 times the length",
    ),
    Claim(
        id="selection-on-text",
        place="Sec. 4.6.2, Table 7",
        sentence="Selective Delta, B and C predict text better than constant ones.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+fixed_parameters"),
        unit="bits per character",
        expected="selective < constant",
    ),
    Claim(
        id="delta-begins",
        place="Sec. 3.6",
        sentence="A Delta that begins between 0.001 and 0.1 learns better than one at 0.69.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+generic_initialisation"),
        unit="bits per character",
        expected="as the paper < a bias of zero",
    ),
    Claim(
        id="beats-gpt2",
        place="Sec. 4.2, Fig. 4",
        sentence="Mamba predicts text better than GPT-2 of as many parameters, with 32 of context.",
        kind="direction",
        experiment=measures.reads_as_gpt2,
        unit="bits per character",
        expected="Mamba < GPT-2 after as many tokens",
    ),
    Claim(
        id="beats-ngrams",
        place="this repository",
        sentence="Mamba models text better than the table of six characters of papers/gpt2.",
        kind="direction",
        measure=lower(NEWEST, Baseline("6-gram", measures.six_grams)),
        unit="bits per character",
        expected="Mamba < 6-gram (Witten-Bell)",
    ),
    Claim(
        id="throughput",
        place="Sec. 4.5, Fig. 8",
        sentence="Five times the throughput of a Transformer of the same size in writing.",
        kind="out of reach",
        reason="Measured at 1.4 and 6.9 billion parameters on an A100.",
    ),
    Claim(
        id="zero-shot",
        place="Sec. 4.2.2, Table 3",
        sentence="Mamba of 2.8 billion averages 63.3 % downstream, as Transformers twice its size.",
        kind="out of reach",
        reason="Needs the Pile, 300 billion tokens of it, and weights of 2.8 billion parameters.",
    ),
)
