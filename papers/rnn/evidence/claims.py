"""What Elman 1990 and the character models of 2015 claim; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.rnn import PAPER
from papers.rnn.evidence import measures

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
        id="gradient-check",
        place=f"{BLOG}, min-char-rnn, gradient check",
        sentence="Hand-written backpropagation through time agrees with finite differences.",
        kind="exact",
        measure=measures.gradient_check,
        unit="relative error",
    ),
    Claim(
        id="first-loss",
        place=f"{BLOG}, min-char-rnn, loss at iteration 0",
        sentence="An untrained network spends ln V nats on each character.",
        kind="exact",
        measure=measures.first_loss,
        unit="nats per character",
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
        id="versions-agree",
        place=f"{BLOG}, min-char-rnn, lossFun",
        sentence="With the same weights, gradients by hand and by autograd are the same.",
        kind="equivalence",
        measure=measures.version1_equals_version2,
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
        id="temporal-xor",
        place=f"{ELMAN}, Exclusive-Or, Fig. 3",
        sentence="In a stream of XOR triples the error drops at every third bit.",
        kind="direction",
        experiment=measures.temporal_xor,
        unit="bits",
        expected="third bit < random bits",
    ),
    Claim(
        id="samples-improve",
        place=f"{BLOG}, The evolution of samples while training",
        sentence="Samples hold more real words as training goes on.",
        kind="direction",
        experiment=measures.samples_improve,
        unit="share of real words",
        expected="after 400 steps > after 20",
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
        id="memory-beyond-the-chunk",
        place=f"{ELMAN}, Fig. 2; {BLOG}, min-char-rnn, main loop",
        sentence="Carrying the state from one training chunk to the next helps.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+forgotten_state"),
        unit="bits per character",
        expected="carried < forgotten",
    ),
    Claim(
        id="printed-loss",
        place=f"{BLOG}, min-char-rnn, smooth_loss",
        sentence="The smoothed training loss that is printed is no better than held-out loss.",
        kind="direction",
        measure=lower("version1", ("version1", "reported_bits")),
        unit="bits per character",
        expected="held out <= printed",
    ),
    Claim(
        id="lexical-classes",
        place=f"{ELMAN}, Discovering lexical classes, Fig. 7",
        sentence="Averaged hidden states of words cluster into nouns and verbs.",
        kind="out of reach",
        reason="The corpus of 10,000 generated sentences needs its templates, Table 3 and 4, "
        "which we could not check against the paper's print.",
    ),
    Claim(
        id="large-models",
        place=f"{BLOG}, Linux source code; Wikipedia; LaTeX",
        sentence="Three-layer LSTMs with 512 and more units write plausible C, XML and LaTeX.",
        kind="out of reach",
        reason="Corpora of 100 MB and more, LSTMs of millions of parameters, days of a GPU.",
    ),
)
