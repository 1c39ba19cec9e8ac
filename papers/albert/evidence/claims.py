"""What Lan et al. 2019 claim; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.albert import PAPER
from papers.albert.evidence import baseline, experiments, measures

NEWEST = PAPER.newest
UNSHARED = f"{NEWEST}+unshared"

CLAIMS = (
    Claim(
        id="base-size",
        place="Table 1",
        sentence="ALBERT base has 12 million parameters.",
        kind="exact",
        measure=lambda: measures.count("base", 12),
        unit="million parameters",
    ),
    Claim(
        id="large-size",
        place="Table 1",
        sentence="ALBERT large has 18 million parameters.",
        kind="exact",
        measure=lambda: measures.count("large", 18),
        unit="million parameters",
    ),
    Claim(
        id="xlarge-size",
        place="Table 1",
        sentence="ALBERT xlarge has 60 million parameters, to ten millions.",
        kind="exact",
        measure=lambda: measures.count("xlarge", 60, to=10),
        unit="million parameters",
    ),
    Claim(
        id="xxlarge-size",
        place="Table 1",
        sentence="ALBERT xxlarge has 235 million parameters.",
        kind="exact",
        measure=lambda: measures.count("xxlarge", 235),
        unit="million parameters",
    ),
    Claim(
        id="published-counts",
        place="google-research/albert, modeling.py",
        sentence="To the last parameter, the four are those of the published code.",
        kind="exact",
        measure=measures.counts_of_the_published_code,
    ),
    Claim(
        id="bert-sizes",
        place="Table 1",
        sentence="BERT, with this vocabulary, has 108 and 334 million parameters.",
        kind="exact",
        measure=measures.berts,
    ),
    Claim(
        id="embedding-sizes",
        place="Sec. 4.4 (Table 3)",
        sentence="With E of 64, 128, 256, 768, the base has 10, 12, 16, 31 million parameters.",
        kind="exact",
        measure=measures.embedding_sizes,
    ),
    Claim(
        id="embedding-cost",
        place="Sec. 3.1",
        sentence="The embedding costs V x E + E x H numbers in place of V x H.",
        kind="exact",
        measure=measures.embedding_cost,
        unit="parameters",
    ),
    Claim(
        id="same-work",
        place="Sec. 3.1",
        sentence="Sharing saves parameters, not work: each depth is computed all the same.",
        kind="exact",
        measure=measures.same_work,
        unit="of the operations without sharing",
    ),
    Claim(
        id="gradient-is-the-sum",
        place="Sec. 3.1",
        sentence="The gradient of the shared layer is the sum over the depths (chain rule).",
        kind="exact",
        measure=measures.gradient_is_the_sum,
        unit="relative difference",
    ),
    Claim(
        id="chosen-share",
        place="Sec. 4.1",
        sentence="Runs of words overlap; all the same 15 % of the words are chosen.",
        kind="exact",
        measure=measures.chosen_share,
        unit="% of words",
    ),
    Claim(
        id="lengths-of-runs",
        place="Sec. 4.1, n-gram masking",
        sentence="Runs of one, two and three words are as frequent as 1, 1/2 and 1/3.",
        kind="exact",
        measure=measures.lengths_of_runs,
    ),
    Claim(
        id="transformers",
        place="Sec. 3.1",
        sentence="Version 2 is transformers' AlbertForPreTraining: scores, loss, gradients.",
        kind="equivalence",
        measure=measures.is_transformers,
        unit="absolute error",
    ),
    Claim(
        id="first-version",
        place="Sec. 3.1",
        sentence="So is version 1 before its first step, but for its GELU, and with the sum of its "
        "layers' gradients.",
        kind="equivalence",
        measure=measures.first_version_is_transformers,
        unit="absolute error",
    ),
    Claim(
        id="classifier",
        place="Sec. 4.2",
        sentence="Fine-tuned, version 2 is transformers' AlbertForSequenceClassification.",
        kind="equivalence",
        measure=measures.classifier_is_transformers,
        unit="absolute error",
    ),
    Claim(
        id="bert-unshared",
        place="Sec. 3.1",
        sentence="With E = H and a layer for each depth, it is the BERT of this repository.",
        kind="exact",
        measure=measures.bert_is_the_case_without_sharing,
        unit="absolute error",
    ),
    Claim(
        id="sharing-costs-a-little",
        place="Sec. 4.5 (Table 4)",
        sentence="Weights of its own at each depth learn better: 81.6 against 80.1 points there, "
        "nats per hidden piece here.",
        kind="direction",
        measure=lower((UNSHARED, "hidden_nats"), (NEWEST, "hidden_nats")),
        unit="nats per hidden piece",
        expected="not shared < shared",
    ),
    Claim(
        id="order",
        place="Sec. 4.6 (Table 5)",
        sentence="Who learned what follows is at chance on order, 52.0 % right against 86.5.",
        kind="direction",
        experiment=experiments.order_needs_the_question,
        unit="% wrong orders",
        expected="asked for order < asked for what follows",
    ),
    Claim(
        id="beats-a-bag-of-words",
        place="this repository",
        sentence="The network judges reviews better than weights of words and of pairs of words.",
        kind="direction",
        measure=lower(NEWEST, Baseline("bag of words", baseline.bag_of_words)),
        unit="% wrong sentences",
        expected="ALBERT < bag of words",
    ),
    Claim(
        id="glue",
        place="Table 9",
        sentence="ALBERT xxlarge leads GLUE, SQuAD and RACE with fewer parameters than BERT large.",
        kind="out of reach",
        reason="125,000 steps of 4,096 texts and more on 64 to 512 TPUs, and a dozen tasks.",
    ),
    Claim(
        id="order-helps-tasks",
        place="Sec. 4.6 (Table 5)",
        sentence="Asking for order helps tasks on several sentences: 80.1 points against 79.2.",
        kind="out of reach",
        reason="Our exam has single sentences; the paper itself finds 90.3 and 89.9 % there.",
    ),
)
