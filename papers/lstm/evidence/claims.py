# Decide here: what does the paper claim, and where? At least six: counted (exact), compared with
#   code that others wrote (equivalence), two trained (direction).
"""What Elman 1990 and the character models of 2015 claim; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.lstm import PAPER
from papers.lstm.evidence import measures

NEWEST = PAPER.newest
ELMAN = "Elman 1990"
BLOG = "Karpathy 2015"

CLAIMS = (
    Claim(
        id="parameters",
        place=f"{BLOG}, min-char-rnn, hyperparameters",
        sentence="100 hidden units on 65 characters are 23,165 parameters.",
        kind="exact",
        measure=measures.parameters,
        unit="parameters",
    ),
    Claim(
        id="elman-network",
        place=f"{ELMAN}, Fig. 2",
        sentence="Version 2 is torch.nn.RNN (tanh) with a linear readout: outputs and gradients.",
        kind="equivalence",
        measure=measures.version2_is_torchs,
        unit="absolute error",
    ),
    Claim(
        id="word-boundaries",
        place=f"{ELMAN}, Discovering the notion 'word', Fig. 6",
        sentence="The error is high at the first letter of a word and falls inside the word.",
        kind="direction",
        measure=lower((NEWEST, "word_inside_bits"), (NEWEST, "word_start_bits")),
        unit="bits per character",
        expected="inside < start",
    ),
    Claim(
        id="beats-ngrams",
        place="this repository",
        sentence="A recurrent network models text better than counting five characters can.",
        kind="direction",
        measure=lower(NEWEST, Baseline("5-gram", measures.five_grams)),
        unit="bits per character",
        expected="network < 5-gram (Kneser-Ney)",
    ),
    Claim(
        id="lexical-classes",
        place=f"{ELMAN}, Discovering lexical classes, Fig. 7",
        sentence="Averaged hidden states of words cluster into nouns and verbs.",
        kind="out of reach",
        reason="The corpus of 10,000 generated sentences needs its templates, Table 3 and 4, "
        "which we could not check against the paper's print.",
    ),
)
