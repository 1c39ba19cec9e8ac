"""What Schuster and Paliwal 1997 claim; measures.py says how we measure it.

Checked against the abstract (report TR-IT-0273 of ATR has the same words). Numbers of figures are
from memory, as we had no copy of the whole paper.
"""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.bidirectional_rnn import PAPER
from papers.bidirectional_rnn.evidence import measures

NEWEST = PAPER.newest

CLAIMS = (
    Claim(
        id="twice-the-parameters",
        place="Fig. 3",
        sentence="Both directions have twice the recurrent parameters of one.",
        kind="exact",
        measure=measures.parameters,
        unit="parameters",
    ),
    Claim(
        id="directions-stay-apart",
        place="Fig. 3",
        sentence="Forward states depend on no later input, backward states on no earlier one.",
        kind="exact",
        measure=measures.directions_stay_apart,
        unit="largest change",
    ),
    Claim(
        id="regular-without-backward",
        place="Fig. 1 and 3",
        sentence="Without backward states it is a regular recurrent network, that of papers/rnn.",
        kind="exact",
        measure=measures.regular_network,
        unit="absolute error",
    ),
    Claim(
        id="sides-add-up",
        place="this repository",
        sentence="What an output hears of both sides adds up: it can be no exclusive or of them.",
        kind="exact",
        measure=measures.sides_add_up,
        unit="largest interaction",
    ),
    Claim(
        id="torchs-packed",
        place="Fig. 3",
        sentence="Version 2 is torch.nn.RNN(bidirectional=True) on packed sentences.",
        kind="equivalence",
        measure=measures.version2_is_torchs,
        unit="absolute error",
    ),
    Claim(
        id="torchs-unpacked",
        place="Fig. 3",
        sentence="Version 1 is the same network on a padded batch that nobody packed.",
        kind="equivalence",
        measure=measures.version1_is_unpacked,
        unit="absolute error",
    ),
    Claim(
        id="versions-agree",
        place="Fig. 3",
        sentence="Where all sentences are equally long, both versions say the same at every word.",
        kind="equivalence",
        measure=measures.versions_agree,
        unit="absolute error",
    ),
    Claim(
        id="both-beat-one",
        place="Abstract (classification of real data); sentences in place of phonemes",
        sentence="Both directions classify better than a regular network of as many parameters.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+one_direction"),
        unit="wrong sentences, %",
        expected="both < forward alone",
    ),
    Claim(
        id="both-sides",
        place="Abstract (classification of artificial data)",
        sentence="What depends on inputs of both sides, a regular network tells less well.",
        kind="direction",
        experiment=measures.both_sides,
        unit="wrong classes, %",
        expected="both < forward alone",
    ),
    Claim(
        id="no-delay",
        place="Abstract (input up to a preset future frame)",
        sentence="Regression is better than with the best preset delay of a regular network.",
        kind="direction",
        experiment=measures.no_delay,
        unit="unexplained variance, %",
        expected="both < best of delays 1 to 8",
    ),
    Claim(
        id="merged-experts",
        place="Abstract (regression on artificial data, other approaches)",
        sentence="Trained together, two directions beat the mean of two trained apart.",
        kind="direction",
        experiment=measures.merged_experts,
        unit="unexplained variance, %",
        expected="together < merged",
    ),
    Claim(
        id="beats-bag-of-words",
        place="this repository",
        sentence="A network that reads in order judges better than a weight for each word.",
        kind="direction",
        measure=lower(NEWEST, Baseline("bag of words", measures.bag_of_words)),
        unit="wrong sentences, %",
        expected="network < logistic regression",
    ),
    Claim(
        id="beats-version1",
        place="this repository",
        sentence="What version 2 mends makes the answers better.",
        kind="direction",
        measure=lower(NEWEST, "version1"),
        unit="wrong sentences, %",
        expected="version 2 < version 1",
    ),
    Claim(
        id="phonemes",
        place="Abstract (classification of phonemes)",
        sentence="Phonemes of TIMIT show the same tendency.",
        kind="out of reach",
        reason="TIMIT must be bought, and its licence allows no copies.",
    ),
    Claim(
        id="whole-sequences",
        place="Abstract (second part)",
        sentence="A changed structure estimates the probability of complete symbol sequences.",
        kind="out of reach",
        reason="Its experiments are on speech that must be bought, and we had no copy of Sec. III.",
    ),
)
