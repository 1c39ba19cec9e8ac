"""What version 1 got wrong and what others did; each can be put back into version 2.

The ladder trains version 2 with those that change what the writer can see of the source, alone and
on the same seeds.
"""

from __future__ import annotations

from common.evidence.deviations import Deviation
from papers.bahdanau_attention.evidence import injections as put

DEVIATIONS = (
    Deviation(
        id="blind_weights",
        title="Weights that never see the source",
        place="Sec. 3.1, Eq. 6; App. A.1.2",
        paper_says="e_ij scores how well the words around position j match the output at i: it is "
        "a function of s_(i-1) and of h_j.",
        code_does="A linear layer of the writer's state (and its last word) gives a number for "
        "each place; which words stand there plays no part.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="pytorch/tutorials#1098, #87 and #130; spro/practical-pytorch#16, #25 and #84 (it "
        "did worse than no attention); copied in ZiyueHuang/MXSeq2Seq#3",
        inject=put.blind_weights,
        invariant=put.weights_depend_on_the_source,
        note="Version 1 has the last word in it as well; the injection, the state alone.",
    ),
    Deviation(
        id="fixed_vector",
        title="One vector for the whole sentence",
        place="Table 1; Sec. 2.1",
        paper_says="RNNencdec encodes a whole sentence into a fixed-length vector.",
        code_does="Every annotation is the same: the last states of both directions. The network "
        "is as large, but there is nothing to choose from.",
        kind="choice",
        introduced="",
        fixed="",
        source="the paper's own baseline; no version does",
        inject=put.fixed_vector,
        invariant=put.annotations_differ,
    ),
    Deviation(
        id="one_direction",
        title="The reader goes in one direction",
        place="Sec. 3.2",
        paper_says="The annotation of each word shall summarise the words that follow, too.",
        code_does="Both halves of an annotation come from reading forwards; the writer begins with "
        "the state after the last word.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source="EncoderRNN of pytorch/tutorials, seq2seq_translation_tutorial.py; mead-ml/"
        "mead-baseline, pull request 14, which adds the other direction",
        inject=put.one_direction,
        invariant=put.annotations_know_what_follows,
    ),
    Deviation(
        id="padding_seen",
        title="Padding gets weight",
        place="Sec. 3.1, Eq. 6",
        paper_says="The softmax is over the words of the source, 1 to T_x.",
        code_does="Takes the softmax over the padding of the batch as well.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="tensorflow/tensorflow#512 and #43941 (the tutorial nmt_with_attention); "
        "pytorch/tutorials#593; MaximumEntropy/Seq2Seq-PyTorch#6; farizrahman4u/seq2seq#236",
        inject=put.padding_seen,
        invariant=put.padding_has_no_weight,
        trained=False,
        note="Batches of like length hold little padding, so training would show little of it.",
    ),
    Deviation(
        id="padding_read_first",
        title="The second direction begins in the padding",
        place="Sec. 3.2",
        paper_says="The second direction reads the words in the reverse order, x_Tx to x_1.",
        code_does="Turns rows round with their padding and reads it as words, before any word.",
        kind="bug",
        introduced="",
        fixed="",
        source="pytorch/pytorch#1811 and #517 (a state of zeros does not stay zero, because of the "
        "biases); keras-team/keras#1057; tensorflow/tensorflow#403",
        inject=put.padding_read_first,
        invariant=put.annotations_are_those_of_the_sentence_alone,
        trained=False,
    ),
    Deviation(
        id="fixed_places",
        title="A longest sentence that the weights can serve",
        place="Sec. 3.1, Eq. 5",
        paper_says="The sum is over all words of the source.",
        code_does="Words behind a fixed place are never seen.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="pytorch/tutorials, seq2seq_translation_tutorial.py: 'we have to choose a maximum "
        "sentence length'; asked about in spro/practical-pytorch#25",
        inject=put.fixed_places,
        invariant=put.every_word_can_be_seen,
        trained=False,
        note="How many places version 1 has stands in params.yaml; longer sentences are cut off.",
    ),
    Deviation(
        id="softmax_over_batch",
        title="The softmax goes over the batch",
        place="Sec. 3.1, Eq. 6",
        paper_says="For each i, the weights over j sum to 1.",
        code_does="Normalises over the sentences of the batch; alone, a sentence has weights of 1.",
        kind="bug",
        introduced="",
        fixed="",
        source="PetrochukM/PyTorch-NLP#2, 'It is always 1'; keon/seq2seq, pull request 6",
        inject=put.softmax_over_batch,
        invariant=put.weights_sum_to_one,
        trained=False,
    ),
    Deviation(
        id="begins_with_the_forward_state",
        title="The writer begins with the forward state of the first word",
        place="App. A.2.2",
        paper_says="s_0 = tanh(W_s h_1), of the direction that has then read the sentence.",
        code_does="Takes the other half of the first annotation, which has read one word.",
        kind="bug",
        introduced="",
        fixed="",
        source="datalogue/keras-attention#4; mila-iqia/blocks-examples, pull request 70, on the "
        "same doubt; bentrevett/pytorch-seq2seq#34 takes both ends",
        inject=put.begins_with_the_forward_state,
        invariant=put.the_first_state_knows_the_sentence,
        trained=False,
    ),
    Deviation(
        id="late_context",
        title="The state is updated with the context before",
        place="Sec. 3.1, Eq. 4; App. A.2.2",
        paper_says="s_i = f(s_(i-1), y_(i-1), c_i): first look, then go on.",
        code_does="s_i comes from c_(i-1), and c_i goes to the readout alone.",
        kind="bug",
        introduced="",
        fixed="",
        source="spro/practical-pytorch#72; tensorflow/tensorflow#11365: AttentionWrapper runs the "
        "cell first and 'cannot implement Bahdanau model'",
        inject=put.late_context,
        invariant=put.the_state_has_seen_its_own_context,
        trained=False,
    ),
    Deviation(
        id="plain_readout",
        title="Words are told from the state alone",
        place="Sec. 3.1, Eq. 4; App. A.2.2",
        paper_says="p(y_i) = g(y_(i-1), s_i, c_i): the word before and the context go into the "
        "readout as well.",
        code_does="Scores come from s_i; what was looked at must pass through the GRU first.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source="self.out(output[0]) of AttnDecoderRNN in pytorch/tutorials, "
        "seq2seq_translation_tutorial.py",
        inject=put.plain_readout,
        invariant=put.the_readout_sees_the_context,
        trained=False,
    ),
)
