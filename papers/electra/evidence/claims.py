"""What Clark et al. 2020 claim; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.electra import PAPER
from papers.electra.evidence import measures

NEWEST = PAPER.newest

CLAIMS = (
    Claim(
        id="small-size",
        place="Table 1",
        sentence="ELECTRA-Small has 14 million parameters.",
        kind="exact",
        measure=measures.small,
        unit="million parameters",
    ),
    Claim(
        id="base-size",
        place="Table 1",
        sentence="ELECTRA-Base has 110 million parameters, as many as BERT-Base.",
        kind="exact",
        measure=measures.base,
        unit="million parameters",
    ),
    Claim(
        id="large-size",
        place="Table 2",
        sentence="ELECTRA-Large has 335 million parameters.",
        kind="exact",
        measure=measures.large,
        unit="million parameters",
    ),
    Claim(
        id="all-tokens-count",
        place="Sec. 2",
        sentence="The discriminator's loss is over all tokens; one that was drawn right is real.",
        kind="exact",
        measure=measures.loss_by_definition,
        unit="absolute difference",
    ),
    Claim(
        id="nothing-comes-back",
        place="Sec. 2",
        sentence="The discriminator's loss is not propagated back through the generator.",
        kind="exact",
        measure=measures.nothing_comes_back,
        unit="largest gradient",
    ),
    Claim(
        id="samples",
        place="Sec. 2",
        sentence="What is put into the gaps is drawn from the generator's softmax.",
        kind="exact",
        measure=measures.draws,
        unit="agrees at 0.1 %",
    ),
    Claim(
        id="transformers",
        place="Sec. 2; Sec. 3.2",
        sentence="Version 2 is transformers' ElectraForPreTraining and ElectraForMaskedLM on the "
        "same embeddings: scores, losses and gradients of their sum.",
        kind="equivalence",
        measure=measures.is_transformers,
        unit="absolute error",
    ),
    Claim(
        id="equally-wide",
        place="App. A (Table 6, Base and Large)",
        sentence="So it is where the embeddings are as wide as the discriminator.",
        kind="equivalence",
        measure=measures.equally_wide_is_transformers,
        unit="absolute error",
    ),
    Claim(
        id="first-version",
        place="Sec. 2",
        sentence="So is version 1, but for embeddings of its generator's own and its labels.",
        kind="equivalence",
        measure=measures.first_version_is_transformers,
        unit="absolute error",
    ),
    Claim(
        id="all-tokens",
        place="Sec. 3.5 (Table 5)",
        sentence="Learning from all tokens is better than from the 15 % that were hidden: 85.0 "
        "against 82.4 on GLUE.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+chosen_only"),
        unit="% wrong sentences",
        expected="all tokens < 15 %",
    ),
    Claim(
        id="better-than-masked",
        place="Sec. 3.5 (Table 5)",
        sentence="Detecting replaced tokens is better than masked language modelling: 85.0 against "
        "82.2 on GLUE.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+masked_only"),
        unit="% wrong sentences",
        expected="ELECTRA < masked language model",
    ),
    Claim(
        id="beats-a-bag-of-words",
        place="this repository",
        sentence="The network judges reviews better than weights of words and of pairs of words.",
        kind="direction",
        measure=lower(NEWEST, Baseline("bag of words", measures.bag_of_words)),
        unit="% wrong sentences",
        expected="ELECTRA < bag of words",
    ),
    Claim(
        id="glue-small",
        place="Table 1",
        sentence="ELECTRA-Small has 79.9 on GLUE, BERT-Small 75.1, GPT 78.8.",
        kind="out of reach",
        reason="Four days of a GPU on Wikipedia and BooksCorpus, and eight tasks.",
    ),
    Claim(
        id="a-quarter-of-the-compute",
        place="Sec. 3.4 (Table 2)",
        sentence="ELECTRA-400K has 89.0 on GLUE, RoBERTa-500K 88.9 at four times the compute.",
        kind="out of reach",
        reason="Networks of 335 million parameters on 33 billion tokens of text.",
    ),
)
