"""What Sutskever, Vinyals and Le 2014 claim. measures.py and experiments.py measure it."""

from __future__ import annotations

from common.evidence.claims import Claim
from common.evidence.measuring import higher, lower
from papers.seq2seq import PAPER
from papers.seq2seq.evidence import experiments, measures

NEWEST = PAPER.newest

CLAIMS = (
    Claim(
        id="parameters",
        place="Sec. 3.4",
        sentence="The network has 384 million parameters.",
        kind="exact",
        measure=measures.all_parameters,
        unit="parameters",
    ),
    Claim(
        id="recurrent-parameters",
        place="Sec. 3.4",
        sentence="64 million of them are recurrent connections.",
        kind="exact",
        measure=measures.recurrent_parameters,
        unit="parameters",
    ),
    Claim(
        id="sentence-state",
        place="Sec. 3.4",
        sentence="8,000 numbers represent a sentence.",
        kind="exact",
        measure=measures.sentence_state,
        unit="numbers",
    ),
    Claim(
        id="factors",
        place="Sec. 2, Eq. 1",
        sentence="The probability of a translation is the product over its tokens, each given the "
        "state and those before: at once or token by token.",
        kind="exact",
        measure=measures.steps_are_teacher_forcing,
        unit="absolute difference",
    ),
    Claim(
        id="padding",
        place="Sec. 2, Eq. 1",
        sentence="The state is that of the sentence, whatever stands beside it in a batch.",
        kind="exact",
        measure=measures.padding_is_nothing,
        unit="absolute difference",
    ),
    Claim(
        id="lag",
        place="Sec. 3.3",
        sentence="Reversing leaves the mean distance between corresponding words as it is, and "
        "brings the first of them close.",
        kind="exact",
        measure=measures.reversing_keeps_the_mean_lag,
        unit="steps",
    ),
    Claim(
        id="last-rate",
        place="Sec. 3.4",
        sentence="The rate of 0.7 is halved every half pass after five of 7.5.",
        kind="exact",
        measure=measures.last_rate,
        unit="rate",
    ),
    Claim(
        id="torch-reference",
        place="Sec. 2; Sec. 3.4",
        sentence="Version 2 is two torch.nn.LSTM, the first of which reads packed sentences: "
        "scores, states and gradients.",
        kind="equivalence",
        measure=measures.version2_is_torchs,
        unit="absolute error",
    ),
    Claim(
        id="versions-agree",
        place="Sec. 2",
        sentence="Without padding the two versions are one network: scores and gradients.",
        kind="equivalence",
        measure=measures.versions_agree,
        unit="absolute error",
    ),
    Claim(
        id="reversing",
        place="Sec. 3.3",
        sentence="Reversing the words of the source lowers the perplexity.",
        kind="direction",
        measure=lower(NEWEST, f"{NEWEST}+straight_source"),
        unit="nats per token",
        expected="reversed < straight (4.7 against 5.8 in perplexity)",
    ),
    Claim(
        id="reversing-long",
        place="Sec. 3.3",
        sentence="Long sentences are translated much better by nets that read them reversed.",
        kind="direction",
        measure=higher(NEWEST, f"{NEWEST}+straight_source", metric="bleu_long"),
        unit="BLEU",
        expected="reversed > straight, on the longest third",
    ),
    Claim(
        id="reversing-copies",
        place="Sec. 3.3",
        sentence="Reversing helps because it brings the first words of both sentences close: also "
        "where the target is the source.",
        kind="direction",
        experiment=experiments.copies_backwards,
        unit="nats per token",
        expected="reversed < straight",
    ),
    Claim(
        id="depth",
        place="Sec. 3.4",
        sentence="Deep LSTMs significantly outperform shallow ones.",
        kind="direction",
        measure=lower(f"{NEWEST}+another_layer", NEWEST),
        unit="nats per token",
        expected="two layers < one (nearly 10 % of the perplexity each); hardly so at this size",
    ),
    Claim(
        id="beam",
        place="Sec. 3.2; Table 1",
        sentence="A beam of 2 gives most of the benefits of beam search.",
        kind="direction",
        measure=measures.two_are_most_of_twelve,
        unit="BLEU",
        expected="gain of a beam of 2 > half of the gain of 12",
    ),
    Claim(
        id="beats-word-for-word",
        place="this repository",
        sentence="The network translates better than a lexicon, word for word.",
        kind="direction",
        measure=measures.beats_word_for_word,
        unit="BLEU",
        expected="seq2seq > IBM model 1",
    ),
    Claim(
        id="wmt",
        place="Table 1",
        sentence="An ensemble of five reversed LSTMs with a beam of 12 reaches 34.81 BLEU on WMT "
        "2014 English-French, phrase-based translation 33.30.",
        kind="out of reach",
        reason="12 million sentence pairs and ten days of eight GPUs.",
    ),
    Claim(
        id="rescoring",
        place="Table 2",
        sentence="Rescoring the baseline's 1,000 best translations reaches 36.5 BLEU.",
        kind="out of reach",
        reason="It takes that baseline's lists of 1,000 translations.",
    ),
    Claim(
        id="voice",
        place="Sec. 3.8; Fig. 2",
        sentence="Sentence states are sensitive to the order of words and fairly insensitive to "
        "active and passive voice.",
        kind="out of reach",
        reason="A picture of twelve sentences, and no number to compare with; pictures.py draws "
        "ours from a trained version.",
    ),
    Claim(
        id="long-sentences",
        place="Sec. 3.7; Fig. 3",
        sentence="There is no degradation on sentences of less than 35 words.",
        kind="out of reach",
        reason="That two things are the same needs a margin that the paper does not give.",
    ),
)
