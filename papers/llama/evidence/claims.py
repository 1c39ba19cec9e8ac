"""What Touvron et al. 2023 claim; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.llama import PAPER
from papers.llama.evidence import measures

NEWEST = PAPER.newest

COUNTS = tuple(
    Claim(
        id=f"parameters-{printed.replace('.', '-')}b",
        place="Table 2",
        sentence=f"{layers} layers of width {d} have {printed} billion parameters.",
        kind="exact",
        measure=lambda printed=printed: measures.count(printed),
        unit="billion parameters",
    )
    for printed, (layers, d, _) in measures.TABLE2.items()
)

CLAIMS = (
    *COUNTS,
    Claim(
        id="to-the-unit",
        place="Table 2",
        sentence="The four sizes have as many parameters as transformers' models, to the unit.",
        kind="exact",
        measure=measures.to_the_unit,
        unit="of 4 sizes",
    ),
    Claim(
        id="hidden-widths",
        place="Sec. 2.2",
        sentence="2/3 of 4 d, rounded up to a multiple of 256: the published hidden widths.",
        kind="exact",
        measure=measures.hidden_widths,
    ),
    Claim(
        id="distance-alone",
        place="Sec. 2.2; Su et al. 2021, Eq. 16",
        sentence="With rotary positions a score depends on the distance of two tokens alone.",
        kind="exact",
        measure=measures.distance_alone,
        unit="largest change of a score",
    ),
    Claim(
        id="norm-knows-no-size",
        place="Sec. 2.2; Zhang and Sennrich 2019, Sec. 4",
        sentence="RMSNorm gives the same for an input a thousand times as large.",
        kind="exact",
        measure=measures.norm_knows_no_size,
        unit="largest change",
    ),
    Claim(
        id="last-rate",
        place="Sec. 2.3",
        sentence="The final learning rate is 10 % of the maximal one.",
        kind="exact",
        measure=measures.last_rate,
        unit="of the maximal rate",
    ),
    Claim(
        id="equal-blocks",
        place="Sec. 2.2",
        sentence="2/3 of 4 d keeps a block as large as GPT-2's: here within 1 %.",
        kind="exact",
        measure=measures.blocks_weigh_the_same,
        unit="GPT-2's block over LLaMA's",
    ),
    Claim(
        id="cache",
        place="Sec. 2.2; Su et al. 2021, Eq. 15",
        sentence="Reading token by token, turned keys kept, gives the same scores.",
        kind="exact",
        measure=measures.cache_equals_no_cache,
        unit="absolute error",
    ),
    Claim(
        id="published-model",
        place="Sec. 2.2",
        sentence="Version 2 is transformers' LlamaForCausalLM: scores, loss and gradients.",
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
        id="published-decoding",
        place="Sec. 2.2",
        sentence="Token by token from its cache it has the scores of transformers with its cache.",
        kind="equivalence",
        measure=measures.decoding_is_published,
        unit="absolute error",
    ),
    Claim(
        id="published-files",
        place="Sec. 2.2",
        sentence="Weights load from files of either layout: transformers' and the authors'.",
        kind="equivalence",
        measure=measures.both_layouts_load,
        unit="absolute error",
    ),
    Claim(
        id="beats-gpt2",
        place="Sec. 2.2",
        sentence="The three changes together improve on GPT-2's block of as many parameters.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+gpt2_block"),
        unit="bits per character",
        expected="LLaMA's block < GPT-2's",
    ),
    Claim(
        id="rms-norm",
        place="Sec. 2.2",
        sentence="RMSNorm is no worse than LayerNorm; we ask whether it is better.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+layer_norm"),
        unit="bits per character",
        expected="RMSNorm < LayerNorm",
    ),
    Claim(
        id="swiglu",
        place="Sec. 2.2",
        sentence="SwiGLU improves the performance over a plain activation, here GELU.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+gelu"),
        unit="bits per character",
        expected="SwiGLU < GELU",
    ),
    Claim(
        id="rotary",
        place="Sec. 2.2",
        sentence="Rotary positions improve on absolute ones that are learned.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+learned_positions"),
        unit="bits per character",
        expected="rotary < learned",
    ),
    Claim(
        id="beyond-training",
        place="Chen et al. 2023 (arXiv:2306.15595), Sec. 2.3",
        sentence="Rotary positions do not carry beyond the window of training.",
        kind="direction",
        measure=lower((NEWEST, "within_bits"), (NEWEST, "beyond_bits")),
        unit="bits per character",
        expected="window of training < window twice as long",
    ),
    Claim(
        id="beats-ngrams",
        place="this repository",
        sentence="LLaMA models text better than a table of six characters.",
        kind="direction",
        measure=lower(NEWEST, Baseline("6-gram", measures.ngrams)),
        unit="bits per character",
        expected="network < 6-gram (Witten-Bell)",
    ),
    Claim(
        id="smaller-beats-larger",
        place="Abstract; Table 3",
        sentence="The 13B model outperforms GPT-3, ten times its size, on most benchmarks.",
        kind="out of reach",
        reason="Needs the published weights of 13 billion parameters, and GPT-3's answers.",
    ),
    Claim(
        id="still-falling",
        place="Fig. 1",
        sentence="The 7B model's training loss still falls after a trillion tokens.",
        kind="out of reach",
        reason="Our text has a million characters, and is read twice.",
    ),
)
