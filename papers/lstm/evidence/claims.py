"""What the papers of 1997 and 2000 claim about LSTMs; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.lstm import PAPER
from papers.lstm.evidence import measures

NEWEST = PAPER.newest
FIRST = "Hochreiter, Schmidhuber 1997"
GERS = "Gers, Schmidhuber, Cummins 2000"

CLAIMS = (
    Claim(
        id="weight-counts",
        place=f"{FIRST}, Sec. 5.1 to 5.6, Tables 1, 3, 7 and 9",
        sentence="Nine networks have 264, 276, 364, 664, 6,064, 93, 93, 156 and 308 weights.",
        kind="exact",
        measure=measures.weight_counts,
        unit="networks",
    ),
    Claim(
        id="carousel",
        place=f"{FIRST}, Sec. 3.2; {GERS}, Sec. 3",
        sentence="Error stays as it is in a cell; with forget gates it is multiplied by them.",
        kind="exact",
        measure=measures.carousel,
        unit="absolute error",
    ),
    Claim(
        id="parameters",
        place=f"{GERS}, Sec. 3; torch.nn.LSTM",
        sentence="A layer of 20 cells with 10 inputs is 4 (10 x 20 + 20 x 20 + 2 x 20) parameters.",
        kind="exact",
        measure=measures.parameter_count,
        unit="parameters",
    ),
    Claim(
        id="torch-lstm",
        place=f"{GERS}, Sec. 3",
        sentence="Version 2 is torch.nn.LSTM with a linear readout: outputs, state, gradients.",
        kind="equivalence",
        measure=measures.version2_is_torchs,
        unit="absolute error",
    ),
    Claim(
        id="open-forget-gates",
        place=f"{FIRST}, Sec. 4; {GERS}, Sec. 3",
        sentence="One cell of 1997 whose gates see no gates is torch.nn.LSTM with f = 1.",
        kind="equivalence",
        measure=measures.version1_is_torchs,
        unit="absolute error",
    ),
    Claim(
        id="truncated-gradient",
        place=f"{FIRST}, App. A.1",
        sentence="Traces that grow forwards in time give the truncated gradient.",
        kind="equivalence",
        measure=measures.traces_are_the_gradient,
        unit="absolute error",
    ),
    Claim(
        id="adding",
        place=f"{FIRST}, Sec. 5.4, Table 7",
        sentence="LSTM adds two marked numbers of a long sequence better than an Elman network.",
        kind="direction",
        experiment=measures.adds,
        unit="mean squared error",
        expected="LSTM < Elman network, length 50",
    ),
    Claim(
        id="temporal-order",
        place=f"{FIRST}, Sec. 5.6, Table 9",
        sentence="LSTM tells in which order two symbols came, far apart in noise.",
        kind="direction",
        experiment=measures.orders,
        unit="nats",
        expected="LSTM < Elman network, length 50",
    ),
    Claim(
        id="continual-stream",
        place=f"{GERS}, Sec. 4, Table 2",
        sentence="On a stream without marked ends, cells that can forget predict better.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+no_forget_gate"),
        unit="bits per character",
        expected="forget gate < none",
    ),
    Claim(
        id="open-at-first",
        place=f"{GERS}, Sec. 4; Jozefowicz et al. 2015, Table 1",
        sentence="Forget gates that begin open learn better than those that begin half shut.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+forget_bias_zero"),
        unit="bits per character",
        expected="bias 1 < bias 0",
    ),
    Claim(
        id="beats-elman",
        place=f"{FIRST}, Sec. 6; Karpathy et al. 2015, Table 1",
        sentence="With equally many weights an LSTM predicts text better than an Elman network.",
        kind="direction",
        experiment=measures.reads_better_than_elman,
        unit="bits per character",
        expected="LSTM < Elman network after 2,000 steps",
    ),
    Claim(
        id="beats-ngrams",
        place="this repository",
        sentence="An LSTM models text better than counting five characters can.",
        kind="direction",
        measure=lower(NEWEST, Baseline("5-gram", measures.five_grams)),
        unit="bits per character",
        expected="LSTM < 5-gram (Kneser-Ney)",
    ),
    Claim(
        id="thousand-steps",
        place=f"{FIRST}, Sec. 5.2 and 5.4, Tables 3 and 7",
        sentence="LSTM bridges time lags of 1,000 steps.",
        kind="out of reach",
        reason="853,000 sequences of 1,000 steps, one after the other: about seven hours a seed.",
    ),
)
