"""What versions do otherwise than the paper, or careful code; injections.py puts it back."""

from common.evidence.deviations import Deviation
from papers.ngram.evidence import injections

DEVIATIONS = (
    Deviation(
        id="delta_in_denominator",
        title="The discount is subtracted in the denominator, too",
        place="Sec. 3",
        paper_says="The discounted counts are divided by all counts of the context, so that what "
        "was taken is left for the lower order.",
        code_does="They are divided by the sum of discounted counts, and come to 1 by themselves; "
        "with the lower order's share P sums to more than 1. The exam charges for that.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="yandexdataschool/nlp_course#12, a course's notebook; probabilities above 1 came "
        "out of nltk's back-off, too: nltk/nltk#367, #380.",
        inject=injections.delta_in_denominator,
        invariant=injections.distributions_sum_to_one,
    ),
    Deviation(
        id="uniform_unigrams",
        title="Unigrams are all alike",
        place="Sec. 2.7",
        paper_says="Unigrams are counted by how many different words they follow; below them is "
        "the uniform distribution.",
        code_does="The recursion ends one level early: a word never seen after a context gets the "
        "same chance as any other.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="nltk/nltk#2599 (perplexities too high), mended by pull request 2709.",
        inject=injections.uniform_unigrams,
        invariant=injections.frequent_words_are_likelier,
    ),
    Deviation(
        id="start_is_a_word",
        title="<s> is counted like a word",
        place="Sec. 4.1",
        paper_says="What stands before a sentence is context and never predicted.",
        code_does="<s> is among the unigrams, and keeps a part of the probability that no text "
        "ever uses.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="nltk/nltk#3065, where <s> stays among the unigrams, and is scored; kpu/kenlm#181, "
        "where a user counts it among the words.",
        inject=injections.start_is_a_word,
        invariant=injections.nothing_predicts_start,
    ),
    Deviation(
        id="raw_lower_orders",
        title="Shorter n-grams count occurrences",
        place="Sec. 2.7",
        paper_says="Below the highest order an n-gram counts after how many different words it "
        "occurs: San Francisco makes Francisco frequent, but not general.",
        code_does="Counts how often it occurs, at every order. This is absolute discounting "
        "(Sec. 2.6).",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="nltk/nltk, pull request 2659: its Kneser-Ney had no such counts; they came with "
        "pull request 2709.",
        inject=injections.raw_lower_orders,
        invariant=injections.francisco_is_no_general_word,
    ),
    Deviation(
        id="fixed_discount",
        title="One discount of 0.75 for all counts and orders",
        place="Sec. 3, Eq. 26",
        paper_says="Counts of one, of two and of more have discounts of their own at each order, "
        "from the counts of counts.",
        code_does="Takes 0.75 from every count.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source="nltk's tests of KneserNeyInterpolated, whose default is 0.1 (nltk/nltk, pull "
        "request 2709).",
        inject=injections.fixed_discount,
        invariant=injections.discounts_come_from_counts,
    ),
    Deviation(
        id="back_off",
        title="Backed off, not interpolated",
        place="Sec. 3 and 5",
        paper_says="Seen n-grams get a share of the lower order's probability as well: "
        "interpolation is better than backing off for counts of one.",
        code_does="Only unseen n-grams get what a context leaves, shared by the lower order.",
        kind="choice",
        introduced="",
        fixed="",
        source="Kneser and Ney's own form (Sec. 2.7); SRILM's where -interpolate is left out "
        "(from memory).",
        inject=injections.back_off,
        invariant=injections.seen_words_get_of_the_shorter_too,
    ),
    Deviation(
        id="unchecked_discounts",
        title="Discounts that are out of range are used",
        place="Sec. 3, Eq. 26",
        paper_says="Discounts lie between nothing and the count, as they do for natural text.",
        code_does="Where counts of counts are few or unnatural, a discount below zero or above the "
        "count makes probabilities negative, or adds what was never taken.",
        kind="bug",
        introduced="",
        fixed="",
        source="kpu/kenlm#18, #68, #136, #424: lmplz refuses, or takes --discount_fallback.",
        inject=injections.unchecked_discounts,
        invariant=injections.discounts_stay_in_range,
        trained=False,
        note="All counts of counts of the exam's text are natural: no rung would show it.",
    ),
    Deviation(
        id="unseen_contexts_divide",
        title="A context that nothing follows divides by zero",
        place="Sec. 2.7",
        paper_says="Where a context was never seen, the lower order stands alone.",
        code_does="Divides by the context's count, which is zero.",
        kind="bug",
        introduced="",
        fixed="",
        source="nltk/nltk#2332 (ZeroDivisionError of an unseen prefix).",
        inject=injections.unseen_contexts_divide,
        invariant=injections.contexts_without_followers_are_left,
        trained=False,
        note="In the exam's sentences all but </s> is followed by something.",
    ),
    Deviation(
        id="unknown_is_impossible",
        title="Words that training lacks have no probability",
        place="Sec. 2.7",
        paper_says="Below the unigrams is the uniform distribution over the vocabulary.",
        code_does="The recursion ends in the unigrams: a word without a count costs infinitely "
        "many bits.",
        kind="bug",
        introduced="",
        fixed="",
        source="nltk/nltk#3211 (perplexity inf with a word out of the vocabulary).",
        inject=injections.unknown_is_impossible,
        invariant=injections.unknown_words_have_a_probability,
        trained=False,
        note="A training with it ends in infinite bits.",
    ),
)
