"""What Brown et al. 2020 claim; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import higher
from papers.gpt3 import PAPER
from papers.gpt3.evidence import measures

NEWEST = PAPER.newest
UNSURE = f"{NEWEST}-s"  # a size that finds some of the answers and guesses the others

COUNTS = tuple(
    Claim(
        id=f"parameters-{name}",
        place="Table 2.1",
        sentence=f"{layers} layers of width {d} have {printed} parameters.",
        kind="exact",
        measure=lambda name=name: measures.count(name),
        unit="parameters",
    )
    for name, (layers, d, *_, printed) in measures.TABLE.items()
)

CLAIMS = (
    *COUNTS,
    Claim(
        id="formula",
        place="Table 2.1; Sec. 2.1",
        sentence="12 N D^2 + 13 N D + (V + n_ctx) D + 2 D counts every number of the net.",
        kind="exact",
        measure=measures.formula,
        unit="largest difference",
    ),
    Claim(
        id="heads-fill-the-width",
        place="Table 2.1",
        sentence="The heads of each size, side by side, are as wide as the model.",
        kind="exact",
        measure=measures.heads_fill_the_width,
        unit="of 8 sizes",
    ),
    Claim(
        id="band-is-the-mask",
        place="Sec. 2.1",
        sentence="The band alone gives what the full matrix with a mask gives.",
        kind="exact",
        measure=measures.band_is_the_mask,
        unit="absolute error",
    ),
    Claim(
        id="band-costs-n-w",
        place="Sec. 2.1; Child et al. 2019, Sec. 4.2",
        sentence="A banded layer takes n w products, a dense one n^2: 1/16 at 16 of 256.",
        kind="exact",
        measure=measures.band_costs_n_w,
        unit="of a dense layer's products",
    ),
    Claim(
        id="cache",
        place="Sec. 2.1",
        sentence="Reading token by token, a banded layer no further back than w, changes nothing.",
        kind="exact",
        measure=measures.cache_equals_no_cache,
        unit="absolute error",
    ),
    Claim(
        id="clean-split",
        place="Sec. 4; Appendix C",
        sentence="Held-out text has no 13 words in a row of the training text: our own split.",
        kind="exact",
        measure=measures.shared_with_training,
        unit="speeches",
    ),
    Claim(
        id="gpt2-where-dense",
        place="Sec. 2.1",
        sentence="With a band as wide as the window, the net is transformers' GPT2LMHeadModel.",
        kind="equivalence",
        measure=measures.dense_is_gpt2,
        unit="absolute error",
    ),
    Claim(
        id="gpt-neo-where-banded",
        place="Sec. 2.1",
        sentence="Banded and dense in turn, it is transformers' GPTNeoForCausalLM, scores divided.",
        kind="equivalence",
        measure=measures.banded_is_gpt_neo,
        unit="absolute error",
    ),
    Claim(
        id="gpt-neo-masks",
        place="Sec. 2.1",
        sentence="Version 1 hides what GPT-Neo's layers hide, but for one place more that it sees.",
        kind="equivalence",
        measure=measures.masks_are_gpt_neos,
        unit="absolute error",
    ),
    Claim(
        id="few-beat-one",
        place="Fig. 1.2",
        sentence="Few examples help more than one: 7 against 1, recall and linear maps added.",
        kind="direction",
        measure=lambda view: measures.more_shots(view, 7, 1),
        unit="share of right answers, of two",
        expected="7 shots > 1 shot",
    ),
    Claim(
        id="one-beats-none",
        place="Fig. 1.2",
        sentence="One example in the window helps: 1 against 0, recall and linear maps added.",
        kind="direction",
        measure=lambda view: measures.more_shots(view, 1, 0),
        unit="share of right answers, of two",
        expected="1 shot > 0 shots",
    ),
    Claim(
        id="larger-gain-more",
        place="Fig. 1.2; Fig. 1.3",
        sentence="Larger models gain more from examples: seven against none, both kinds added.",
        kind="direction",
        measure=measures.larger_gain_more,
        unit="share of right answers, of two",
        expected="the largest size > the smallest",
    ),
    Claim(
        id="two-layers",
        place="Olsson et al. 2022, In-context Learning and Induction Heads, Arguments 1 and 2",
        sentence="It takes two layers to find what stood after an earlier copy: recall at 7 shots.",
        kind="direction",
        measure=higher(NEWEST, f"{NEWEST}-one_layer", metric="recall_7"),
        unit="share of right answers",
        expected="two layers > one",
    ),
    Claim(
        id="power-law",
        place="Fig. 3.1",
        sentence="Loss is a power law in compute: R^2 of the logarithms over five sizes.",
        kind="direction",
        measure=measures.power_law,
        unit="R^2",
        expected="R^2 > 0.9",
    ),
    Claim(
        id="without-the-question",
        place="Sec. 2.4",
        sentence="Answers divided by what they have without a question are right more often: "
        "recall after one example, a small size.",
        kind="direction",
        measure=higher((UNSURE, "recall_1_scored"), (UNSURE, "recall_1")),
        unit="share of right answers",
        expected="divided > likelihood alone",
    ),
    Claim(
        id="benchmarks",
        place="Sec. 3",
        sentence="Few-shot, 175 billion parameters come near or above fine-tuned models on some.",
        kind="out of reach",
        reason="The weights were never published; training them took 3,640 petaflop/s-days.",
    ),
    Claim(
        id="people-are-fooled",
        place="Table 3.11",
        sentence="People tell its news articles from others' in 52 % of cases.",
        kind="out of reach",
        reason="Needs the large model, and people to ask.",
    ),
)
