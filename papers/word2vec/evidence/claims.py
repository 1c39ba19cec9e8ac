"""What Mikolov et al. 2013a and 2013b claim. measures.py measures it."""

from __future__ import annotations

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, higher
from papers.word2vec import PAPER
from papers.word2vec.evidence import experiments, measures

NEWEST = PAPER.newest
B = "2013b, "
LEVY = "Levy and Goldberg 2014"
OURS = "this repository"

CLAIMS = (
    Claim(
        id="questions",
        place="Sec. 4.1",
        sentence="The test has 8,869 semantic and 10,675 syntactic questions.",
        kind="exact",
        measure=measures.questions,
        unit="semantic questions",
    ),
    Claim(
        id="parameters",
        place=B + "Eq. 2",
        sentence="Each word has an input and an output vector: 2 V D numbers.",
        kind="exact",
        measure=measures.two_tables,
        unit="numbers",
    ),
    Claim(
        id="cost-of-cbow",
        place="Eq. 4",
        sentence="CBOW costs N D + D log2(V) a word.",
        kind="exact",
        measure=measures.cost_of_cbow,
        unit="numbers read",
    ),
    Claim(
        id="cost-of-skipgram",
        place="Eq. 5",
        sentence="Skip-gram costs C (D + D log2(V)) a word.",
        kind="exact",
        measure=measures.cost_of_skipgram,
        unit="numbers read",
    ),
    Claim(
        id="huffman-length",
        place="Sec. 2.1",
        sentence="With a Huffman tree log2(V) becomes about log2 of the unigram perplexity.",
        kind="exact",
        measure=measures.huffman_length,
        unit="nodes a word",
    ),
    Claim(
        id="huffman-best",
        place=B + "Sec. 2.1",
        sentence="Frequent words get short codes: no tree takes fewer steps for this text.",
        kind="exact",
        measure=measures.huffman_best,
        unit="steps for the corpus",
    ),
    Claim(
        id="noise",
        place=B + "Sec. 2.2",
        sentence="Negatives are drawn from the unigram distribution to the power 3/4.",
        kind="exact",
        measure=measures.noise,
        unit="standard errors (chi-square)",
    ),
    Claim(
        id="autograd",
        place=B + "Eq. 4",
        sentence="Steps of all four kinds are those of torch's autograd.",
        kind="equivalence",
        measure=measures.autograd,
    ),
    Claim(
        id="gensim-noise",
        place=B + "Sec. 2.2; piskvorky/gensim, models/word2vec.py, make_cum_table",
        sentence="gensim draws negatives from the same distribution.",
        kind="equivalence",
        measure=measures.gensim_noise,
    ),
    Claim(
        id="gensim-step",
        place=B + "Eq. 3",
        sentence="Where nothing is drawn, a pass is gensim's, its table of sigmoids and all.",
        kind="equivalence",
        measure=measures.gensim_step,
    ),
    Claim(
        id="gensim-quality",
        place=OURS,
        sentence="At equal settings gensim's vectors are as good.",
        kind="equivalence",
        measure=measures.gensim_quality,
    ),
    Claim(
        id="beats-counts",
        place=OURS,
        sentence="Learned vectors tell better what is related than a factored table of counts.",
        kind="direction",
        measure=higher(NEWEST, Baseline("counts, factored", experiments.counted)),
        unit="Spearman's correlation",
    ),
    Claim(
        id="negatives-or-tree",
        place=B + "Table 1",
        sentence="Negative sampling is better than the hierarchical softmax.",
        kind="direction",
        measure=higher(NEWEST, f"{NEWEST}-tree"),
        unit="Spearman's correlation",
        expected="60 % against 55 % of analogies; without subsampling 59 % against 47 %",
    ),
    Claim(
        id="more-negatives",
        place=B + "Table 1; Sec. 2.2",
        sentence="15 negatives are better than 5; small training sets take 5 to 20.",
        kind="direction",
        measure=higher(f"{NEWEST}-negatives15", NEWEST),
        unit="Spearman's correlation",
        expected="61 % against 60 % of analogies; without subsampling 61 % against 59 %",
    ),
    Claim(
        id="subsampling",
        place=B + "Sec. 2.3; Table 1",
        sentence="Dropping frequent words makes vectors of the others better.",
        kind="direction",
        measure=higher(NEWEST, f"{NEWEST}+every_word_read"),
        unit="Spearman's correlation",
        expected="60 % against 59 % of analogies, in 14 minutes against 38",
    ),
    Claim(
        id="skipgram-or-cbow",
        place="Table 4",
        sentence="Skip-gram is better than CBOW at semantic analogies.",
        kind="direction",
        measure=higher(NEWEST, f"{NEWEST}-cbow", metric="semantic"),
        unit="share of semantic analogies",
        expected="50.0 % against 15.5 %",
    ),
    Claim(
        id="mutual-information",
        place=f"{LEVY}, Sec. 3.1",
        sentence="What two vectors multiply to is the words' mutual information less log k: it "
        "follows that more closely than how often they meet.",
        kind="direction",
        experiment=experiments.factorization,
        unit="correlation, in a made language",
    ),
    Claim(
        id="one-epoch",
        place="Table 5",
        sentence="One pass over twice the text is as good as three passes.",
        kind="out of reach",
        reason="It takes 1.6 billion words of news; ours has 0.4 million.",
    ),
    Claim(
        id="accuracy",
        place="Table 4",
        sentence="Skip-gram gets 53.3 % of the analogies, CBOW 36.1 %.",
        kind="out of reach",
        reason="It takes 783 million words of news, which are not public.",
    ),
)
