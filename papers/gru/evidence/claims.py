"""What Cho et al. 2014 and Chung et al. 2014 claim; measures.py says how we measure it."""

from common.evidence.claims import Claim
from common.evidence.measuring import Baseline, lower
from papers.gru import PAPER
from papers.gru.evidence import experiments, measures

NEWEST = PAPER.newest
CHO = "Cho et al. 2014"
CHUNG = "Chung et al. 2014"

CLAIMS = (
    Claim(
        id="parameters",
        place=f"{CHO}, Eq. 5 to 8",
        sentence="A layer in torch has 3 (h i + h h + 2 h) parameters: 1,920 at i = 10, h = 20.",
        kind="exact",
        measure=measures.parameter_count,
        unit="parameters",
    ),
    Claim(
        id="three-quarters",
        place=f"{CHO}, Sec. 2.3; {CHUNG}, Sec. 3.3",
        sentence="Three things to compute for an LSTM's four: three quarters of its weights.",
        kind="exact",
        measure=measures.three_quarters,
        unit="of an LSTM's weights",
    ),
    Claim(
        id="table-1",
        place=f"{CHUNG}, Table 1",
        sentence="The six models of two tasks have 168.4 to 169.1 and 19.8 to 20.2 thousand "
        "parameters.",
        kind="exact",
        measure=measures.table_1,
        unit="of six counts",
    ),
    Claim(
        id="keeps-or-replaces",
        place=f"{CHO}, Eq. 7",
        sentence="With z = 1 a unit keeps its state, with z = 0 it takes the candidate.",
        kind="exact",
        measure=measures.keeps_or_replaces,
        unit="absolute error",
    ),
    Claim(
        id="mirrored",
        place=f"{CHO}, Eq. 7; {CHUNG}, Eq. 5",
        sentence="Chung's z replaces where Cho's keeps: the same unit, z's weights negated.",
        kind="exact",
        measure=measures.mirrored,
        unit="absolute error",
    ),
    Claim(
        id="bounded",
        place=f"{CHO}, Eq. 7",
        sentence="A state is a mean of states and candidates, so it never leaves [-1, 1].",
        kind="exact",
        measure=measures.bounded,
        unit="beyond 1",
    ),
    Claim(
        id="gradient-check",
        place=f"{CHO}, Eq. 5 to 8",
        sentence="Hand-written gradients through time agree with finite differences.",
        kind="exact",
        measure=measures.gradient_check,
        unit="relative error",
    ),
    Claim(
        id="torch-gru",
        place=f"{CHO}, v1, Eq. 8",
        sentence="Version 2 is torch.nn.GRU with a linear readout: outputs and gradients.",
        kind="equivalence",
        measure=measures.version2_is_torchs,
        unit="absolute error",
    ),
    Claim(
        id="one-on-a-diagonal",
        place=f"{CHO}, Eq. 8; pytorch/pytorch#8153 on v1 and v3",
        sentence="Resetting before and after the product is one where U mixes nothing.",
        kind="equivalence",
        measure=measures.forms_agree_on_a_diagonal,
        unit="absolute error",
    ),
    Claim(
        id="beats-ngrams",
        place="this repository",
        sentence="A gated network models text better than counting five characters can.",
        kind="direction",
        measure=lower(NEWEST, Baseline("5-gram", measures.five_grams)),
        unit="bits per character",
        expected="network < 5-gram (Kneser-Ney)",
    ),
    Claim(
        id="reset-order",
        place=f"{CHO}, Eq. 8; pytorch/pytorch#8153 on v1 and v3",
        sentence="The reset in front of the product serves text better than behind it.",
        kind="direction",
        measure=lower(f"{NEWEST}+reset_before", NEWEST),
        unit="bits per character",
        expected="before < after",
    ),
    Claim(
        id="gates-on-text",
        place=f"{CHUNG}, Sec. 5, Table 2",
        sentence="Gated units are better than tanh units with as many parameters; here: on text.",
        kind="direction",
        experiment=experiments.tanh_on_text,
        unit="bits per character",
        expected="GRU < tanh",
    ),
    Claim(
        id="lstm-on-text",
        place=f"{CHUNG}, Sec. 5, Table 2",
        sentence="GRU and LSTM are comparable, neither always better; here: the GRU, on text.",
        kind="direction",
        experiment=experiments.lstm_on_text,
        unit="bits per character",
        expected="GRU < LSTM",
    ),
    Claim(
        id="gates-on-adding",
        place=f"{CHUNG}, Sec. 5, Fig. 2 and 3",
        sentence="Gated units are better than tanh units with as many parameters; here: at adding.",
        kind="direction",
        experiment=experiments.tanh_on_adding,
        unit="mean squared error",
        expected="GRU < tanh",
    ),
    Claim(
        id="lstm-on-adding",
        place=f"{CHUNG}, Sec. 5, Table 2",
        sentence="GRU and LSTM are comparable, neither always better; here: the GRU, at adding.",
        kind="direction",
        experiment=experiments.lstm_on_adding,
        unit="mean squared error",
        expected="GRU < LSTM",
    ),
    Claim(
        id="translation",
        place=f"{CHO}, Table 1",
        sentence="Scores of an encoder and decoder of such units raise a translator's BLEU.",
        kind="out of reach",
        reason="The phrase table of a statistical translator, made of 348 million words of WMT'14.",
    ),
    Claim(
        id="music-and-speech",
        place=f"{CHUNG}, Table 2",
        sentence="Negative log-likelihoods on four collections of music and two of speech.",
        kind="out of reach",
        reason="The collections of music are not among the corpora here; the speech is not public.",
    ),
)
