"""What Devlin et al. 2018 claim; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.bert import PAPER
from papers.bert.evidence import baseline, experiments, measures

NEWEST = PAPER.newest

CLAIMS = (
    Claim(
        id="base-size",
        place="Sec. 3",
        sentence="BERT-Base has 110 million parameters.",
        kind="exact",
        measure=measures.base,
        unit="million parameters",
    ),
    Claim(
        id="large-size",
        place="Sec. 3",
        sentence="BERT-Large has 340 million parameters.",
        kind="exact",
        measure=measures.large,
        unit="million parameters",
    ),
    Claim(
        id="one-in-seven-is-chosen",
        place="Sec. 3.1, Task 1",
        sentence="15 % of the tokens are chosen, whole words or not.",
        kind="exact",
        measure=measures.chosen_share,
        unit="% of tokens",
    ),
    Claim(
        id="eighty-ten-ten",
        place="Sec. 3.1, Task 1",
        sentence="Of these 80 % become [MASK], 10 % a random token, and 10 % stay.",
        kind="exact",
        measure=measures.masking_rates,
        unit="agrees at 0.1 %",
    ),
    Claim(
        id="only-hidden-words-count",
        place="Sec. 3.1, Task 1",
        sentence="Only the hidden words are predicted, not the whole input.",
        kind="exact",
        measure=measures.loss_of_hidden_places,
        unit="absolute difference",
    ),
    Claim(
        id="transformers",
        place="Sec. 3",
        sentence="Version 2 is transformers' BertForPreTraining: states, scores, loss, gradients.",
        kind="equivalence",
        measure=measures.is_transformers,
        unit="absolute error",
    ),
    Claim(
        id="first-version",
        place="Sec. 3",
        sentence="So is version 1.",
        kind="equivalence",
        measure=measures.first_version_is_transformers,
        unit="absolute error",
    ),
    Claim(
        id="classifier",
        place="Sec. 4.1 (Fig. 4b)",
        sentence="Fine-tuned, version 2 is transformers' BertForSequenceClassification.",
        kind="equivalence",
        measure=measures.classifier_is_transformers,
        unit="absolute error",
    ),
    Claim(
        id="both-sides",
        place="Sec. 5.1 (Table 5)",
        sentence="What needs both sides cannot be learned from the left alone.",
        kind="direction",
        experiment=experiments.both_sides_are_needed,
        unit="% wrong verbs",
        expected="both sides < from the left",
    ),
    Claim(
        id="pre-training-helps",
        place="Sec. 1; Sec. 4.1 (Table 1)",
        sentence="Pre-trained, the network does better on SST-2 than from scratch.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+from_scratch"),
        unit="% wrong sentences",
        expected="pre-trained < from scratch",
    ),
    Claim(
        id="pre-training-helps-with-few-labels",
        place="Sec. 5.2",
        sentence="So it does where labels are few: with 1,000 of them.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+from_scratch", metric="error_1000"),
        unit="% wrong sentences",
        expected="pre-trained < from scratch",
    ),
    Claim(
        id="next-sentence-helps",
        place="Sec. 5.1 (Table 5)",
        sentence="Asking whether a segment follows helps: 92.7 against 92.6 % right, which "
        "is within what seeds alone make.",
        kind="direction",
        measure=lower(f"{NEWEST}+next_sentence", NEWEST),
        unit="% wrong sentences",
        expected="with the question < without",
    ),
    Claim(
        id="correction-steadies",
        place="Zhang et al. 2020 (Fig. 3)",
        sentence="With Adam's bias correction, fine-tuning on few labels differs less by seed.",
        kind="direction",
        measure=measures.spread_with_few_labels,
        unit="percentage points from the mean",
        expected="with < without",
    ),
    Claim(
        id="beats-a-bag-of-words",
        place="this repository",
        sentence="The network judges reviews better than weights of words and of pairs of words.",
        kind="direction",
        measure=lower(NEWEST, Baseline("bag of words", baseline.bag_of_words)),
        unit="% wrong sentences",
        expected="BERT < bag of words",
    ),
    Claim(
        id="glue",
        place="Table 1",
        sentence="BERT-Large has 82.1 on GLUE, 7.0 more than GPT.",
        kind="out of reach",
        reason="3.3 billion words and four days of 64 TPU chips, and eleven tasks.",
    ),
    Claim(
        id="larger-is-better",
        place="Sec. 5.2 (Table 6)",
        sentence="Larger networks do better even on tasks with few labels.",
        kind="out of reach",
        reason="The sizes that differ need text and time for pre-training that are not here.",
    ),
)
