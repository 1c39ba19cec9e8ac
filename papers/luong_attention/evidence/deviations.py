"""What version 1 got wrong and what others did; each can be put back into version 2.

The ladder trains version 2 with each of those that change how it translates, alone and on the same
seeds. What is trained there looks at all words, with the score "dot"; what touches another
score or a window is measured on made pairs (experiments.py) or exactly.
"""

from __future__ import annotations

from common.evidence.deviations import Deviation
from papers.luong_attention.evidence import injections as put

DEVIATIONS = (
    Deviation(
        id="no_input_feeding",
        title="No input feeding",
        place="Sec. 3.3, Fig. 4",
        paper_says="Attentional vectors are concatenated with the inputs at the next time steps.",
        code_does="The decoder reads words alone, so no look knows of the looks before it.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source="MaximumEntropy/Seq2Seq-PyTorch#10 (another path instead); the option -input_feed 0 "
        "of harvardnlp/seq2seq-attn (#79)",
        inject=put.no_input_feeding,
        invariant=put.what_was_said_is_heard_in_the_next_step,
    ),
    Deviation(
        id="floored_place",
        title="The predicted place is a whole number",
        place="Sec. 3.2, Eq. 9 and 10",
        paper_says="p_t is a real number, and by it gradients reach W_p and v_p.",
        code_does="Takes the floor of p_t: W_p and v_p stay as they were drawn.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="giancds/tsf_nmt#2: 'No gradients for those params during predicting aligned "
        "position'",
        inject=put.floored_place,
        invariant=put.the_place_can_be_learned,
        trained=False,
        note="Trained on made pairs: the claim real-place. The authors' code (lmthang/nmt.hybrid, "
        "attnLayerForward.m) takes the floor to choose the words of the window, and the real "
        "number for the Gaussian.",
    ),
    Deviation(
        id="padding_seen",
        title="Padding gets weight",
        place="Sec. 3.1, Eq. 7",
        paper_says="Weights are over the words of the source sentence.",
        code_does="Takes the softmax over the padding of the batch as well.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="pytorch/tutorials#593; IBM/pytorch-seq2seq#141; MaximumEntropy/Seq2Seq-PyTorch#6; "
        "tensorflow/tensorflow#512",
        inject=put.padding_seen,
        invariant=put.padding_has_no_weight,
        trained=False,
        note="The encoder of papers/seq2seq gives padding a state of zeros, so a look at it is a "
        "weight that is lost; batches of like length hold little of it.",
    ),
    Deviation(
        id="previous_state",
        title="The state before asks",
        place="Sec. 3.1, comparison to Bahdanau et al.; Fig. 2",
        paper_says="From h_t to a_t to c_t to h~_t.",
        code_does="Weights come from h_(t-1), which has not read the last word.",
        kind="bug",
        introduced="",
        fixed="",
        source="mkolod/mxnet_seq2seq, pull request 4, which mends it; A-Jacobson/minimal-nmt#2",
        inject=put.previous_state,
        invariant=put.the_state_that_writes_asks,
    ),
    Deviation(
        id="no_attention",
        title="No attention",
        place="Table 1, row Base + reverse + dropout",
        paper_says="Global attention gains 2.8 BLEU over the same network without.",
        code_does="The context is zero; the decoder has the encoder's last state and no more.",
        kind="choice",
        introduced="",
        fixed="",
        source="the paper's own baseline; no version does",
        inject=put.no_attention,
        invariant=put.the_source_is_looked_at,
    ),
    Deviation(
        id="linear_attentional",
        title="The attentional state is not squashed",
        place="Sec. 3, Eq. 5",
        paper_says="h~_t = tanh(W_c [c_t; h_t]).",
        code_does="Leaves tanh out.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="tensorflow/nmt#257, where the paper's first author calls it a coding mistake; "
        "spro/practical-pytorch#33 has no h~_t at all",
        inject=put.linear_attentional,
        invariant=put.attentional_state_is_squashed,
        trained=False,
        note="Who reported it in tensorflow/nmt found no difference in the results.",
    ),
    Deviation(
        id="concat_without_tanh",
        title="The score concat without tanh",
        place="Sec. 3.1, the score concat",
        paper_says="concat is the function of Bahdanau et al.: v_a tanh(W_a [h_t; h_s]).",
        code_does="v_a W_a [h_t; h_s]: what h_t adds is the same for all words, so the softmax "
        "drops it, and every step looks at the same words.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="spro/practical-pytorch, seq2seq-translation.ipynb (class Attn, and the formula "
        "above it)",
        inject=put.concat_without_tanh,
        invariant=put.concat_hears_the_question,
        trained=False,
        note="Trained on made pairs: the claim concat-tanh.",
    ),
    Deviation(
        id="window_over_the_edge",
        title="A window gives weight to what lies outside the sentence",
        place="Sec. 3.2, footnote 8",
        paper_says="The part of a window outside the sentence is ignored.",
        code_does="Fills it up with states of zeros, whose score 0 takes part in the softmax.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="OpenNMT/OpenNMT, onmt/modules/CenteredWindow.lua, where the mask is commented out",
        inject=put.window_over_the_edge,
        invariant=put.weights_of_a_window_sum_to_one,
        trained=False,
    ),
    Deviation(
        id="mirrored_gaussian",
        title="The Gaussian lies on the wrong side of the word",
        place="Sec. 3.2, Eq. 10",
        paper_says="exp(-(s - p_t)^2 / (2 sigma^2)), centred on p_t.",
        code_does="Adds the fraction of p_t to the distance from floor(p_t) instead of taking it "
        "away: the centre is floor(p_t) minus the fraction, and moves against p_t.",
        kind="bug",
        introduced="",
        fixed="",
        source="OpenNMT/OpenNMT, onmt/modules/CenteredWindow.lua: frac + dec, twice",
        inject=put.mirrored_gaussian,
        invariant=put.the_nearest_word_is_favoured,
        trained=False,
    ),
)
