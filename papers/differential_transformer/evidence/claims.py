"""What Ye et al. 2024 claim; measures.py says how we measure it.

Equations were checked against the authors' code; sections, tables and their values against a
summary of the paper page by page (README, "Sources"), not against the print.
"""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, higher, lower
from papers.differential_transformer import PAPER
from papers.differential_transformer.evidence import measures

NEWEST = PAPER.newest
RIVAL = f"{NEWEST}+one_map"
SPEED = "Few steps: this compares how fast both learn to look up, not what they reach."
GAP = "Table 6's gap, 0.8 % of the loss, would be 0.03 bits per character here."

CLAIMS = (
    Claim(
        id="equal-parameters",
        place="Sec. 2.1",
        sentence="With h = d_model / 2d it has the Transformer's parameters, but for lambda and "
        "the norms: 6 d a layer.",
        kind="exact",
        measure=measures.parameters,
        unit="parameters",
    ),
    Claim(
        id="lambda-begins",
        place="Sec. 2.1, Eq. 2",
        sentence="Lambda begins at 0.8 - 0.6 exp(-0.3 (l - 1)) in layer l.",
        kind="exact",
        measure=measures.first_lambdas,
        unit="largest difference",
    ),
    Claim(
        id="rows-sum",
        place="Eq. 1",
        sentence="The weights of each token sum to 1 - lambda.",
        kind="exact",
        measure=measures.rows_sum,
        unit="largest difference",
    ),
    Claim(
        id="shared-noise-cancels",
        place="Sec. 2.1",
        sentence="What both maps share cancels: of equal maps nothing is left at lambda 1.",
        kind="exact",
        measure=measures.shared_noise_cancels,
        unit="largest weight",
    ),
    Claim(
        id="heads-normalised",
        place="Sec. 2.1, Eq. 3",
        sentence="Each head is normalised by itself and then has the size 1 - lambda_init.",
        kind="exact",
        measure=measures.heads_are_normalised,
        unit="largest relative difference",
    ),
    Claim(
        id="diffllama",
        place="Eq. 1 to 5",
        sentence="Version 2 is transformers' DiffLlamaForCausalLM once the heads' maps are "
        "reordered: scores, loss and gradients.",
        kind="equivalence",
        measure=measures.version2_is_diffllama,
        unit="absolute error",
    ),
    Claim(
        id="rival-is-llama",
        place="Sec. 3.2 (the rival is LLaMA's Transformer)",
        sentence="With one map to a head the same code is transformers' LlamaForCausalLM.",
        kind="equivalence",
        measure=measures.rival_is_llama,
        unit="absolute error",
    ),
    Claim(
        id="four-fused-calls",
        place="App. A",
        sentence="A layer is four calls of fused attention, each map with each half of the values.",
        kind="equivalence",
        measure=measures.four_fused_calls,
        unit="absolute error",
    ),
    Claim(
        id="recall",
        place="Sec. 3.4, Table 2; Table 6 (AR-Hit)",
        sentence="It finds key information among distractors better than a Transformer of as many "
        "parameters: 85 against 35 % of six needles' answers are right.",
        kind="direction",
        measure=lower(NEWEST, RIVAL, note=SPEED),
        unit="wrong answers, %",
        expected="difference < one map",
    ),
    Claim(
        id="needle-share",
        place="Sec. 3.4, Table 3",
        sentence="It gives the answer a larger share of its attention, and noise a smaller one.",
        kind="direction",
        measure=higher(NEWEST, RIVAL, metric="needle_share", note=SPEED),
        unit="attention on the needle, %",
        expected="difference > one map",
    ),
    Claim(
        id="outliers",
        place="Sec. 3.7, Table 5",
        sentence="The largest attention logit is smaller: 38.8 against 318.",
        kind="direction",
        measure=lower(NEWEST, RIVAL, metric="largest_score"),
        unit="largest score before a softmax",
        expected="difference < one map",
    ),
    Claim(
        id="text-loss",
        place="Table 6 (validation loss)",
        sentence="It models text better: 3.062 against 3.087 nats at 1.4B parameters.",
        kind="direction",
        measure=lower(NEWEST, RIVAL, metric="text_bits", note=GAP),
        unit="bits per character",
        expected="difference < one map",
    ),
    Claim(
        id="head-norm",
        place="Sec. 3.8, Table 6",
        sentence="Without the norm of each head it is worse.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+no_head_norm"),
        unit="wrong answers, %",
        expected="with < without",
    ),
    Claim(
        id="beats-commonest-value",
        place="this repository",
        sentence="It looks up what a key was given, rather than guess from how often values occur.",
        kind="direction",
        measure=lower(NEWEST, Baseline("commonest value", measures.commonest_value)),
        unit="wrong answers, %",
        expected="network < commonest value of the stretch",
    ),
    Claim(
        id="scaling",
        place="Sec. 3.2, Fig. 3",
        sentence="It needs about 65 % of the parameters or tokens for the same loss.",
        kind="out of reach",
        reason="The curves run from 0.8 to 12.4 billion parameters and to 360 billion tokens.",
    ),
    Claim(
        id="hallucination",
        place="Sec. 3.6, Table 4",
        sentence="It makes up less in summaries and answers.",
        kind="out of reach",
        reason="Needs a trained model of billions of parameters, and another model as the judge.",
    ),
)
