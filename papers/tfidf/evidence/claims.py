"""What Sparck Jones 1972, Salton and Buckley 1988 and Okapi claim. measures.py measures it."""

from __future__ import annotations

from common.evidence.claims import Claim
from common.evidence.measuring import higher
from papers.tfidf import PAPER
from papers.tfidf.evidence import measures
from papers.tfidf.evidence.measures import over_articles, over_sentences

NEWEST = PAPER.newest
FIRST = "Sparck Jones 1972"
OKAPI = "Robertson et al. 1995"
BOOK = "Manning et al. 2008"
OURS = "this repository"
ADVICE = "Sec. 4, the advice on queries"

CLAIMS = (
    Claim(
        id="first-weight",
        place=f"{FIRST}, f(N) - f(n) + 1",
        sentence="The weight in whole numbers of 1972 is log2(N/n) + 1, to less than one.",
        kind="exact",
        measure=measures.first_weight,
        unit="largest difference",
    ),
    Claim(
        id="base-is-nothing",
        place="Table 1, f: log(N/n)",
        sentence="To which base the logarithm is, and so which log the paper means, changes no "
        "ranking.",
        kind="exact",
        measure=measures.base_is_nothing,
        unit="queries with another rank",
    ),
    Claim(
        id="postings",
        place=OURS,
        sentence="The index keeps one weight for each word of each document, and no zeros.",
        kind="exact",
        measure=measures.postings,
        unit="weights",
    ),
    Claim(
        id="half-the-documents",
        place=f"{OKAPI}, the idf; dorianbrown/rank_bm25#39",
        sentence="With 1 inside the logarithm a word of half of the documents weighs ln 2, not 0.",
        kind="exact",
        measure=measures.half_the_documents,
    ),
    Claim(
        id="bm25-binary",
        place=f"{BOOK}, Sec. 11.4.3",
        sentence="With k1 = 0 BM25 asks only whether a word is there.",
        kind="exact",
        measure=measures.bm25_limits,
        unit="largest difference",
    ),
    Claim(
        id="scikit-learn",
        place=f"Table 1; {OURS}",
        sentence="Version 2 gives the weights of TfidfVectorizer, to 1e-12.",
        kind="equivalence",
        measure=measures.scikit_learn,
    ),
    Claim(
        id="rank-bm25",
        place=f"{OKAPI}, the BM25 weight",
        sentence="With our idf rank_bm25 gives our scores.",
        kind="equivalence",
        measure=measures.rank_bm25,
    ),
    Claim(
        id="lucene",
        place=f"{OKAPI}, the BM25 weight",
        sentence="gensim's model of Lucene's BM25 gives our weights, but for the factor k1 + 1.",
        kind="equivalence",
        measure=measures.lucene,
    ),
    Claim(
        id="versions-agree",
        place="Table 1, tfc",
        sentence="Version 1's vectors are version 2's with its logarithm and without short words.",
        kind="equivalence",
        measure=measures.version1_equals_version2,
    ),
    Claim(
        id="beats-counts",
        place="Table 2, against the standard tf weight",
        sentence="A sentence finds its article better by weights than by the cosine of counts.",
        kind="direction",
        measure=measures.beats_counts,
        unit="mean reciprocal rank",
    ),
    Claim(
        id="specificity",
        place=f"{FIRST}, Abstract",
        sentence="Matches on rarer terms should count more: weighted matching beats counting "
        "common terms.",
        kind="direction",
        measure=over_articles(("bfx", "bxx"), ("bxx", "bxx")),
        unit="mean reciprocal rank",
        over="articles",
    ),
    Claim(
        id="tf-and-idf",
        place="Table 2: best fully weighted, against the classical idf weight",
        sentence="tf together with idf and a length of 1 beats idf alone.",
        kind="direction",
        measure=over_articles(("tfc", "nfx"), ("bfx", "bfx")),
        unit="mean reciprocal rank",
        over="articles",
    ),
    Claim(
        id="short-queries",
        place=f"{ADVICE}: n",
        sentence="For short queries, a sentence, augmented tf beats the count; it looks for a "
        "section, which is about as long as the abstracts of 1988.",
        kind="direction",
        measure=over_articles(("tfc", "nfx"), ("tfc", "tfx"), unit="section"),
        unit="mean reciprocal rank",
        over="articles",
    ),
    Claim(
        id="long-queries",
        place=f"{ADVICE}: t",
        sentence="For long queries, a whole paragraph, the count beats augmented tf.",
        kind="direction",
        measure=over_articles(("tfc", "tfx"), ("tfc", "nfx"), unit="section", whole=True),
        unit="mean reciprocal rank",
        over="articles",
    ),
    Claim(
        id="length",
        place="Table 1, c",
        sentence="Where documents are of very uneven length, as sections are, vectors of length 1 "
        "find more.",
        kind="direction",
        measure=over_articles(("tfc", "tfx"), ("tfx", "tfx"), unit="section"),
        unit="mean reciprocal rank",
        over="articles",
    ),
    Claim(
        id="length-of-articles",
        place="Table 1, c",
        sentence="They find more among whole articles, too, where each sentence counts alike and "
        "so most are of long articles.",
        kind="direction",
        measure=over_articles(("lfc", "lfx"), ("lfx", "lfx")),
        unit="mean reciprocal rank",
        over="articles",
    ),
    Claim(
        id="length-by-article",
        place="Table 1, c",
        sentence="They find more among whole articles where each article counts alike.",
        kind="direction",
        measure=over_articles(("lfc", "lfx"), ("lfx", "lfx"), alike=True),
        unit="mean reciprocal rank",
        over="articles",
    ),
    Claim(
        id="logarithm",
        place=f"{BOOK}, Sec. 6.4.1",
        sentence="The logarithm of tf beats tf among whole articles, where counts are large.",
        kind="direction",
        measure=over_articles(("lfc", "lfx"), ("tfc", "tfx")),
        unit="mean reciprocal rank",
        over="articles",
    ),
    Claim(
        id="logarithm-of-sections",
        place=f"{BOOK}, Sec. 6.4.1",
        sentence="It beats tf among sections, too.",
        kind="direction",
        measure=over_articles(("lfc", "lfx"), ("tfc", "tfx"), unit="section"),
        unit="mean reciprocal rank",
        over="articles",
    ),
    Claim(
        id="idf-once",
        place=f"{BOOK}, Sec. 6.4.3: lnc.ltc",
        sentence="idf in the query alone is better than in both, which squares it.",
        kind="direction",
        measure=over_articles(("lxc", "lfx"), ("lfc", "lfx")),
        unit="mean reciprocal rank",
        over="articles",
    ),
    Claim(
        id="bm25-sections",
        place=f"{OKAPI}, the BM25 weight",
        sentence="BM25 beats tf-idf where documents are short and uneven: a sentence finds its "
        "section.",
        kind="direction",
        measure=over_articles(("bm25", "txx"), ("lfc", "lfx"), unit="section"),
        unit="mean reciprocal rank",
        over="articles",
    ),
    Claim(
        id="bm25-articles",
        place=f"{OKAPI}, the BM25 weight",
        sentence="BM25 beats tf-idf among whole articles.",
        kind="direction",
        measure=higher(f"{NEWEST}-bm25", NEWEST),
        unit="mean reciprocal rank",
    ),
    Claim(
        id="version2",
        place=OURS,
        sentence="Version 2 finds more than version 1.",
        kind="direction",
        measure=higher(NEWEST, "version1"),
        unit="mean reciprocal rank",
    ),
    Claim(
        id="sentiment",
        place=OURS,
        sentence="A linear classifier tells the sentiment of more sentences by tf-idf than by "
        "counts.",
        kind="direction",
        measure=over_sentences("tfc", "txx"),
        unit="share of sentences",
        over="sentences",
    ),
    Claim(
        id="collections",
        place="Table 4",
        sentence="Averages over five collections of abstracts with questions and judgements.",
        kind="out of reach",
        reason="The collections (CACM, CISI, Cranfield, INSPEC, Medlars) have questions that "
        "people wrote and documents that people judged; no package that we know carries them. Here "
        "a sentence looks for the text that it was cut from, which asks less of a method.",
    ),
)
