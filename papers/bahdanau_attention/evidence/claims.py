"""What Bahdanau, Cho and Bengio 2015 claim. measures.py and experiments.py measure it."""

from __future__ import annotations

from common.evidence.claims import DIRECTION, EQUIVALENCE, EXACT, OUT, Claim
from common.evidence.measuring import higher, lower
from papers.bahdanau_attention import PAPER
from papers.bahdanau_attention.evidence import experiments, measures

NEWEST = PAPER.newest

CLAIMS = (
    Claim(
        id="equations",
        place="Sec. 3.1, Eq. 5 and 6; App. A.1.2",
        sentence="Weights and contexts are the formulas, number by number.",
        kind=EXACT,
        measure=measures.equations_by_loops,
        unit="absolute difference",
    ),
    Claim(
        id="uniform-start",
        place="App. B.1",
        sentence="With v_a = 0, as training begins, each of T_x words has a weight of 1 / T_x.",
        kind=EXACT,
        measure=measures.uniform_at_zero,
        unit="absolute difference",
    ),
    Claim(
        id="padding",
        place="Sec. 3.1, Eq. 6",
        sentence="Padding has no weight and changes nothing.",
        kind=EXACT,
        measure=measures.padding_is_nothing,
        unit="absolute difference",
    ),
    Claim(
        id="keys-once",
        place="App. A.1.2",
        sentence="U_a h_j does not depend on i: computed in advance it is the same.",
        kind=EXACT,
        measure=measures.keys_once_or_in_every_step,
        unit="absolute difference",
    ),
    Claim(
        id="comparisons",
        place="App. A.1.2",
        sentence="The alignment model is evaluated T_x times T_y times for a pair of sentences.",
        kind=EXACT,
        measure=measures.comparisons,
        unit="evaluations",
    ),
    Claim(
        id="annotations",
        place="Sec. 3.2",
        sentence="An annotation knows the words before it by one half, those behind by the other.",
        kind=EXACT,
        measure=measures.halves_know_their_sides,
        unit="halves that know too much or too little",
    ),
    Claim(
        id="encoder-reference",
        place="Sec. 3.2; App. A.2.1",
        sentence="The reader is torch.nn.GRU in both directions over packed sentences: annotations "
        "and gradients.",
        kind=EQUIVALENCE,
        measure=measures.encoder_is_torchs,
        unit="absolute error",
    ),
    Claim(
        id="net-reference",
        place="Sec. 3; App. A",
        sentence="Version 2 is the paper put together from torch's GRU, GRUCell, linear layers and "
        "max pooling, sentence by sentence: scores and gradients.",
        kind=EQUIVALENCE,
        measure=measures.net_is_of_torchs_parts,
        unit="absolute error",
    ),
    Claim(
        id="tutorial-reference",
        place="this repository",
        sentence="Version 1 is the tutorial's encoder and decoder, word by word.",
        kind=EQUIVALENCE,
        measure=measures.version1_is_the_tutorial,
        unit="absolute error",
    ),
    Claim(
        id="beats-word-for-word",
        place="this repository",
        sentence="Version 2 translates better than a lexicon, word for word.",
        kind=DIRECTION,
        measure=measures.beats_word_for_word,
        unit="BLEU",
        expected="version 2 > IBM model 1",
    ),
    Claim(
        id="attention",
        place="Sec. 5.1, Table 1",
        sentence="RNNsearch outperforms the network that has one vector for a sentence.",
        kind=DIRECTION,
        measure=lower(NEWEST, f"{NEWEST}+fixed_vector"),
        unit="nats per token",
        expected="attention < one vector",
    ),
    Claim(
        id="longer-than-learned",
        place="Sec. 5.1, Fig. 2; Sec. 5.2.2",
        sentence="One vector cannot cope with sentences longer than those of training; attention "
        "can better.",
        kind=DIRECTION,
        experiment=experiments.longer_sentences,
        unit="% of words right, reversals of 16 words",
        expected="attention > one vector",
    ),
    Claim(
        id="anti-diagonal",
        place="Sec. 5.2.1, Fig. 3",
        sentence="Alignments are found without being told: in reversals, the anti-diagonal.",
        kind=DIRECTION,
        experiment=experiments.anti_diagonal,
        unit="% of words looked at",
        expected="anti-diagonal > diagonal",
    ),
    Claim(
        id="finds-the-words",
        place="Sec. 5.2.1, Fig. 3",
        sentence="The largest weight is on the word that is being translated, and not just on the "
        "one in the same place.",
        kind=DIRECTION,
        measure=higher((NEWEST, "aligned"), (NEWEST, "aligned_diagonal")),
        unit="share of the words that IBM model 1 links",
        expected="attention > diagonal",
    ),
    Claim(
        id="sees-the-source",
        place="Sec. 3.1, Eq. 6",
        sentence="Weights from the annotations are better than weights from the writer alone.",
        kind=DIRECTION,
        measure=lower(NEWEST, f"{NEWEST}+blind_weights"),
        unit="nats per token",
        expected="seeing < blind",
    ),
    Claim(
        id="table1-bleu",
        place="Table 1",
        sentence="RNNsearch-50 reaches 26.75 BLEU on WMT'14 English-French, RNNencdec-50 17.82.",
        kind=OUT,
        reason="348 million words and five days of a GPU for each model.",
    ),
)
