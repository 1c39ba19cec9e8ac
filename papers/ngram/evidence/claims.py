"""What Chen and Goodman 1998 claim of smoothing. measures.py measures it."""

from __future__ import annotations

from common.evidence.claims import Claim
from common.evidence.measuring import lower
from papers.ngram import PAPER
from papers.ngram.evidence import experiments, measures

NEWEST = PAPER.newest
KNESER_NEY, WITTEN_BELL = f"{NEWEST}-kneser_ney", f"{NEWEST}-witten_bell"

CLAIMS = (
    Claim(
        id="equation-26",
        place="Sec. 3, Eq. 26",
        sentence="Three discounts follow from how many n-grams occur once, twice, three and four "
        "times.",
        kind="exact",
        measure=measures.equation_26,
    ),
    Claim(
        id="sums",
        place="Sec. 1 and 2",
        sentence="Each smoothed distribution sums to 1 over the vocabulary.",
        kind="exact",
        measure=measures.sums,
        unit="contexts",
    ),
    Claim(
        id="marginals",
        place="Sec. 2.7",
        sentence="Kneser-Ney's unigrams are those with which bigrams expect each word as often as "
        "it occurs.",
        kind="exact",
        measure=measures.marginals,
        unit="occurrences",
    ),
    Claim(
        id="francisco",
        place="Sec. 2.7",
        sentence="Below the highest order a word counts once for each different word before it.",
        kind="exact",
        measure=measures.francisco,
        unit="counts",
    ),
    Claim(
        id="distinct",
        place="Sec. 1",
        sentence="A model has a number for each different n-gram of the text.",
        kind="exact",
        measure=measures.distinct,
        unit="n-grams",
    ),
    Claim(
        id="kenlm",
        place="Sec. 3",
        sentence="kenlm, which reads version 2's file, gives each word the same probability.",
        kind="equivalence",
        measure=measures.same_as_kenlm,
        unit="log10",
    ),
    Claim(
        id="nltk",
        place="Sec. 2.7",
        sentence="nltk's bigrams of Kneser and Ney, counted by nltk, give the same.",
        kind="equivalence",
        measure=measures.same_as_nltk,
        unit="log2",
    ),
    Claim(
        id="modified-is-best",
        place="Sec. 5",
        sentence="Modified Kneser-Ney is better than Kneser-Ney with one discount, where both take "
        "their discounts from the counts.",
        kind="direction",
        measure=lower(NEWEST, KNESER_NEY),
        unit="bits per word",
    ),
    Claim(
        id="kneser-ney-beats-witten-bell",
        place="Sec. 5",
        sentence="Kneser-Ney is better than Witten-Bell.",
        kind="direction",
        measure=lower(KNESER_NEY, WITTEN_BELL),
        unit="bits per word",
    ),
    Claim(
        id="witten-bell-beats-add-one",
        place="Sec. 2.1 and 5",
        sentence="Adding one performs poorly: Witten-Bell is better.",
        kind="direction",
        measure=lower(WITTEN_BELL, f"{NEWEST}-add_one"),
        unit="bits per word",
    ),
    Claim(
        id="beats-add-one",
        place="Sec. 5",
        sentence="Modified Kneser-Ney is better than adding one.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}-add_one"),
        unit="bits per word",
    ),
    Claim(
        id="interpolation",
        place="Sec. 5",
        sentence="Interpolating is better than backing off.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+back_off"),
        unit="bits per word",
    ),
    Claim(
        id="continuations",
        place="Sec. 2.7 and 5",
        sentence="Counting different words before an n-gram, below the highest order, is better "
        "than counting occurrences.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+raw_lower_orders"),
        unit="bits per word",
    ),
    Claim(
        id="trigrams",
        place="Sec. 5",
        sentence="With modified Kneser-Ney, trigrams are better than bigrams.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}-bigram"),
        unit="bits per word",
    ),
    Claim(
        id="five-grams",
        place="Sec. 5",
        sentence="With modified Kneser-Ney, 5-grams are better than trigrams (in the paper the "
        "more, the more text was counted).",
        kind="direction",
        measure=lower(f"{NEWEST}-five", NEWEST),
        unit="bits per word",
    ),
    Claim(
        id="modified-by-article",
        place="Sec. 5",
        sentence="For 5-grams of words, modified Kneser-Ney is better than Kneser-Ney with one "
        "discount, article by article.",
        kind="direction",
        experiment=experiments.compared("words", (5, "modified"), (5, "kneser-ney")),
        unit="bits per word",
        over="articles",
    ),
    Claim(
        id="kneser-ney-by-article",
        place="Sec. 5",
        sentence="For 5-grams of words, Kneser-Ney is better than Witten-Bell, article by article.",
        kind="direction",
        experiment=experiments.compared("words", (5, "kneser-ney"), (5, "witten-bell")),
        unit="bits per word",
        over="articles",
    ),
    Claim(
        id="characters-by-article",
        place="this repository",
        sentence="For 5-grams of characters, too, modified Kneser-Ney is better than Witten-Bell.",
        kind="direction",
        experiment=experiments.compared("characters", (5, "modified"), (5, "witten-bell")),
        unit="bits per character",
        over="articles",
    ),
    Claim(
        id="all-corpora",
        place="Sec. 5",
        sentence="Modified Kneser-Ney is the best of all compared methods on Brown, Wall Street "
        "Journal, North American Business news and Broadcast News, at all sizes.",
        kind="out of reach",
        reason="These corpora are under licences, and reach hundreds of millions of words.",
    ),
)
