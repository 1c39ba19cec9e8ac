"""What Pennington et al. 2014 claim; measures.py says how each claim is measured."""

from __future__ import annotations

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, higher
from papers.glove import PAPER
from papers.glove.evidence import baseline, measures

NEWEST = PAPER.newest
OURS = "this repository"
UNIT = "mean reciprocal rank"

CLAIMS = (
    Claim(
        id="weight",
        place="Eq. 9; Fig. 1",
        sentence="f(x) = (x / x_max)^(3/4) below x_max = 100, else 1; f(0) = 0.",
        kind="exact",
        measure=measures.weight_function,
        unit="largest difference",
    ),
    Claim(
        id="parameters",
        place="Eq. 8",
        sentence="V words with vectors of size D have 2 V D + 2 V parameters.",
        kind="exact",
        measure=measures.parameter_count,
        unit="parameters",
    ),
    Claim(
        id="ice-and-steam",
        place="Table 1",
        sentence="P(k | ice) / P(k | steam) is large for solid, small for gas, and about 1 for "
        "water, which goes with both, and fashion, which goes with neither.",
        kind="exact",
        measure=measures.table1,
        unit="ratios",
    ),
    Claim(
        id="nonzeros",
        place="Sec. 3.2",
        sentence="Training visits the nonzero elements of X alone, far fewer than V^2.",
        kind="exact",
        measure=measures.nonzeros,
        unit="pairs",
    ),
    Claim(
        id="growth",
        place="Sec. 3.2",
        sentence="The nonzeros grow more slowly than the corpus C, about as |C|^0.8.",
        kind="exact",
        measure=measures.growth,
        unit="exponent",
    ),
    Claim(
        id="autograd",
        place="Eq. 8",
        sentence="The gradients are those of torch's autograd.",
        kind="equivalence",
        measure=measures.autograd,
    ),
    Claim(
        id="adagrad",
        place="Sec. 4.2",
        sentence="AdaGrad takes the steps of torch.optim.Adagrad.",
        kind="equivalence",
        measure=measures.adagrad,
    ),
    Claim(
        id="released-code",
        place="stanfordnlp/GloVe, src/glove.c, glove_thread, lines as of 2020",
        sentence="A step of version 1 is what the released code does with its pairs one by one.",
        kind="equivalence",
        measure=measures.released_code,
    ),
    Claim(
        id="counting",
        place="Sec. 4.2",
        sentence="Words that stand d apart in a line add 1/d to X: as two plain loops count.",
        kind="equivalence",
        measure=measures.counting,
    ),
    Claim(
        id="sum",
        place="Sec. 4.2",
        sentence="W + W~ is a little better than W alone.",
        kind="direction",
        measure=higher(NEWEST, f"{NEWEST}+word_vectors_alone"),
        unit=UNIT,
    ),
    Claim(
        id="alpha",
        place="Sec. 3, below Eq. 9",
        sentence="alpha = 3/4 is modestly better than alpha = 1.",
        kind="direction",
        measure=higher(NEWEST, f"{NEWEST}+linear_weight"),
        unit=UNIT,
    ),
    Claim(
        id="weighted",
        place="Sec. 3, before Eq. 8",
        sentence="To weigh all nonzero pairs alike is a drawback: rare ones are noisy.",
        kind="direction",
        measure=higher(NEWEST, f"{NEWEST}+unweighted"),
        unit=UNIT,
    ),
    Claim(
        id="distance",
        place="Sec. 4.2",
        sentence="Pairs that count 1/d, since distant words say less, are better than pairs that "
        "count 1.",
        kind="direction",
        measure=higher(NEWEST, f"{NEWEST}+flat_window"),
        unit=UNIT,
    ),
    Claim(
        id="beats-svd-l",
        place="Table 2, SVD-L",
        sentence="GloVe answers analogies better than the singular vectors of log(1 + X).",
        kind="direction",
        measure=higher(NEWEST, Baseline("SVD-L", lambda: baseline.rank(baseline.logarithms()))),
        unit=UNIT,
    ),
    Claim(
        id="beats-counts",
        place="Table 2 (with the counting of Levy, Goldberg and Dagan 2015, Sec. 3)",
        sentence="It also beats singular vectors of positive mutual information.",
        kind="direction",
        measure=higher(NEWEST, Baseline("counts", lambda: baseline.rank(baseline.information()))),
        unit=UNIT,
    ),
    Claim(
        id="questions",
        place="Table 2 (with the counting of Levy, Goldberg and Dagan 2015, Sec. 3)",
        sentence="It beats them question by question.",
        kind="direction",
        measure=measures.over_questions(baseline.information),
        unit=UNIT,
        over="questions",
    ),
    Claim(
        id="grid",
        place=f"{OURS}, a made language",
        sentence="Where the text decides all analogies, GloVe learns them: better than chance.",
        kind="direction",
        experiment=measures.on_grid("sum", "drawn"),
        unit="share of analogies",
    ),
    Claim(
        id="grid-sum",
        place="Sec. 4.2",
        sentence="There, too, W + W~ is better than W alone.",
        kind="direction",
        experiment=measures.on_grid("sum", "alone"),
        unit="share of analogies",
    ),
    Claim(
        id="version2",
        place=OURS,
        sentence="Version 2 answers analogies better than version 1.",
        kind="direction",
        measure=higher(NEWEST, "version1"),
        unit=UNIT,
    ),
    Claim(
        id="six-billion",
        place="Table 2",
        sentence="With 300 numbers a word and 6 billion words of text, 71.7 % of analogies right.",
        kind="out of reach",
        reason="Our corpus has 450,000 words, of which 2,837 occur often enough to have a vector; "
        "they make up one in 24 of the questions.",
    ),
)
