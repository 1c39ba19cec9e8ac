"""What version 1 got wrong, and what others do. Each can be put back into version 2.

The ladder trains version 2 with each deviation alone, on the same seeds.
"""

from __future__ import annotations

from common.evidence.deviations import Deviation
from papers.glove.evidence import injections as put

TRAINING = "Sec. 4.2"

DEVIATIONS = (
    Deviation(
        id="rate_in_squares",
        title="The rate is squared with the gradient",
        place=TRAINING,
        paper_says="AdaGrad with an initial learning rate of 0.05.",
        code_does="Multiplies the gradient by the rate before it is squared and summed, so that "
        "the rate cancels and every step is as with a rate near 1.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="stanfordnlp/GloVe#134, src/glove.c, open since 2018",
        inject=put.rate_in_squares,
        invariant=put.half_the_rate_goes_half_as_far,
        note="glove.c begins its sum of squares at 1, which keeps the rate for the first steps; "
        "version 2 begins at 0",
    ),
    Deviation(
        id="biases_without_rate",
        title="Biases learn without the rate",
        place=TRAINING,
        paper_says="One learning rate.",
        code_does="Multiplies the rate into the gradients of the vectors alone: biases take 1.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="stanfordnlp/GloVe, pull request 209, open: since the clipping of pull request 149",
        inject=put.biases_without_rate,
        invariant=put.biases_take_the_rate,
        note="Its authors tried the mended form on English and found the vectors worse",
    ),
    Deviation(
        id="root_before_the_sum",
        title="The root is of the squares before this step",
        place=TRAINING,
        paper_says="AdaGrad (Duchi et al. 2011), whose sum has the present gradient in it.",
        code_does="Divides by the root of 1 and of the squares before, and adds the square then: "
        "the first large gradient is a step of any length.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="stanfordnlp/GloVe, src/glove.c; what #99, #156 and #183 report (NaN) begins there",
        inject=put.root_before_the_sum,
        invariant=put.no_step_is_longer_than_the_rate,
        trained=False,
        note="That it is the reason for the NaN is our reading. A block's gradient is the sum over "
        "its pairs, so here it would cost more than in glove.c, which takes one pair at a time",
    ),
    Deviation(
        id="no_clipping",
        title="Gradients are not clipped",
        place=TRAINING,
        paper_says="Nothing.",
        code_does="Takes gradients of any size; small vocabularies with long vectors gave NaN.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="stanfordnlp/GloVe#156, #99, #183; mended by pull request 149 in 2020",
        inject=put.no_clipping,
        invariant=put.gradients_are_bounded,
        trained=False,
        note="With the present gradient in the sum no step is longer than the rate, clipped or not",
    ),
    Deviation(
        id="flat_window",
        title="Every pair in the window counts 1",
        place=TRAINING,
        paper_says="Words that are d words apart contribute 1/d.",
        code_does="Counts as Sec. 3 defines X at first: the number of times.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source="noaRricky/pytorch-glove#1, pengyan510/nlp-paper-implementation#1, which take 1/d "
        "for the mistake; an option of the C code: stanfordnlp/GloVe, pull request 89",
        inject=put.flat_window,
        invariant=put.what_is_near_counts_more,
    ),
    Deviation(
        id="word_vectors_alone",
        title="W alone for W + W~",
        place=TRAINING,
        paper_says="The sum of the two is the word's vector, which is a little better.",
        code_does="Drops the contexts' vectors.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source="-model 1 of stanfordnlp/GloVe; asked in dselivanov/text2vec#183",
        inject=put.word_vectors_alone,
        invariant=put.contexts_count_as_well,
    ),
    Deviation(
        id="unshuffled",
        title="The pairs in the order of the table",
        place=TRAINING,
        paper_says="Nonzero elements are sampled at random.",
        code_does="Goes through the table row by row, in each pass alike.",
        kind="bug",
        introduced="",
        fixed="",
        source="stanfordnlp/GloVe#210 (shuffling failed and was left out); neither version does it",
        inject=put.unshuffled,
        invariant=put.passes_differ_and_miss_nothing,
        note="Here the order is that of blocks, each with frequent and rare words, so there is "
        "little to shuffle",
    ),
    Deviation(
        id="linear_weight",
        title="alpha = 1",
        place="Sec. 3, Eq. 9",
        paper_says="alpha = 3/4 is modestly better than alpha = 1.",
        code_does="Weighs a pair by its count, up to x_max.",
        kind="choice",
        introduced="",
        fixed="",
        source="the linear version that Sec. 3 compares with; neither version does it",
        inject=put.linear_weight,
        invariant=put.rare_pairs_count_more_than_their_share,
    ),
    Deviation(
        id="unweighted",
        title="All nonzero pairs weigh the same",
        place="Sec. 3, Eq. 8",
        paper_says="Rare pairs are noisy: weigh them less.",
        code_does="Fits a pair seen once as closely as one seen a thousand times.",
        kind="choice",
        introduced="",
        fixed="",
        source="the drawback that Sec. 3 names before Eq. 8; neither version does it",
        inject=put.unweighted,
        invariant=put.rare_pairs_count_more_than_their_share,
    ),
    Deviation(
        id="plus_log",
        title="The logarithm is added",
        place="Eq. 8",
        paper_says="w_i w~_j + b_i + b~_j - log X_ij is to be zero.",
        code_does="Adds log X_ij: what occurs together is driven apart.",
        kind="bug",
        introduced="",
        fixed="",
        source="noaRricky/pytorch-glove#1; neither version does it",
        inject=put.plus_log,
        invariant=put.what_occurs_often_gets_a_large_product,
        note="With W~ turned round it is the same model, so W alone would not show it; W + W~ "
        "takes the difference of what belongs together",
    ),
)
