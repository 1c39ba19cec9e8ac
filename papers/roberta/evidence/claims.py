"""What Liu et al. 2019 claim; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.roberta import PAPER
from papers.roberta.evidence import experiments, measures

NEWEST = PAPER.newest

CLAIMS = (
    Claim(
        id="large-size",
        place="Sec. 5",
        sentence="In the shape of BERT-Large it has 355 million parameters.",
        kind="exact",
        measure=measures.large,
        unit="million parameters",
    ),
    Claim(
        id="base-size",
        place="facebookresearch/fairseq, examples/roberta: pre-trained models",
        sentence="In the shape of BERT-Base it has 125 million.",
        kind="exact",
        measure=measures.base,
        unit="million parameters",
    ),
    Claim(
        id="larger-vocabulary",
        place="Sec. 4.4",
        sentence="50,000 byte pairs add about 15 million parameters to BERT-Base, 20 to Large.",
        kind="exact",
        measure=measures.added_by_the_vocabulary,
        unit="million parameters",
    ),
    Claim(
        id="four-times-each",
        place="Sec. 4.1",
        sentence="With 10 masks over 40 epochs a text is seen four times with each of them.",
        kind="exact",
        measure=measures.readings_of_a_mask,
        unit="readings of a mask",
    ),
    Claim(
        id="first-position",
        place="facebookresearch/fairseq, positional_embedding.py",
        sentence="Positions begin behind the number of <pad>: 512 tokens read rows 2 to 513.",
        kind="exact",
        measure=measures.rows_of_positions,
        unit="rows",
    ),
    Claim(
        id="full-sentences",
        place="Sec. 4.2 (FULL-SENTENCES)",
        sentence="Rows hold whole sentences across documents, each sentence in one of them.",
        kind="exact",
        measure=measures.sentences_lost,
        unit="sentences lost or cut",
    ),
    Claim(
        id="transformers",
        place="Sec. 3",
        sentence="Version 2 is transformers' RobertaForMaskedLM: states, scores, loss, gradients.",
        kind="equivalence",
        measure=measures.is_transformers,
        unit="absolute error",
    ),
    Claim(
        id="classifier",
        place="Sec. 5.1",
        sentence="With labels it is transformers' RobertaForSequenceClassification.",
        kind="equivalence",
        measure=measures.classifier_is_transformers,
        unit="absolute error",
    ),
    Claim(
        id="first-version",
        place="Sec. 3",
        sentence="Version 1 is the same network but for where its positions begin.",
        kind="equivalence",
        measure=measures.first_version_is_transformers_but_for_positions,
        unit="absolute error",
    ),
    Claim(
        id="masks-anew",
        place="Sec. 4.1 (Table 1)",
        sentence="Over many epochs, masks drawn anew are no worse than static ones: against one "
        "mask, where the difference is largest.",
        kind="direction",
        experiment=experiments.anew_against_one_mask,
        unit="nats per hidden token",
        expected="drawn anew < one static mask",
    ),
    Claim(
        id="no-pairs",
        place="Sec. 4.2 (Table 2)",
        sentence="Full sentences without the question for what follows match pairs with it, or do "
        "slightly better.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+segment_pairs"),
        unit="% wrong sentences",
        expected="without pairs < with pairs",
    ),
    Claim(
        id="large-batches",
        place="Sec. 4.3 (Table 3)",
        sentence="At as many passes over the text, batches of 2K with a rate of their own foretell "
        "better than batches of 256.",
        kind="direction",
        experiment=experiments.large_against_small_batches,
        unit="nats per hidden token",
        expected="batches of 64 < batches of 16",
    ),
    Claim(
        id="beats-a-bag-of-words",
        place="this repository",
        sentence="The network judges reviews better than weights of words and of pairs of words.",
        kind="direction",
        measure=lower(NEWEST, Baseline("bag of words", measures.bag_of_words)),
        unit="% wrong sentences",
        expected="RoBERTa < bag of words",
    ),
    Claim(
        id="more-text",
        place="Sec. 5 (Table 4)",
        sentence="Ten times the text and five times the steps help most.",
        kind="out of reach",
        reason="160 GB of text and 1,024 V100 GPUs for a day; differences of this kind need both.",
    ),
    Claim(
        id="glue",
        place="Sec. 5.1 (Table 5)",
        sentence="An ensemble has 88.5 on GLUE.",
        kind="out of reach",
        reason="Needs the published weights of 355 million parameters and nine tasks.",
    ),
)
