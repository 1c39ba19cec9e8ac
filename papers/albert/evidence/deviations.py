"""What version 1 got wrong, what others do, and what we do otherwise on purpose.

The ladder trains version 2 with each trained deviation alone, on the same seeds. What it puts in,
and what then no longer holds, is in injections.py. Slips that version 1 takes over from BERT's are
in papers/bert.
"""

from __future__ import annotations

from common.evidence.deviations import Deviation
from papers.albert.evidence import injections

DATA = "google-research/albert, create_pretraining_data.py"

DEVIATIONS = (
    Deviation(
        id="unshared",
        title="A layer for each depth",
        place="Sec. 3.1; Sec. 4.5 (Table 4)",
        paper_says="All parameters are shared across layers.",
        code_does="Gives each depth weights of its own, as BERT does.",
        kind="choice",
        introduced="",
        fixed="",
        source="the paper's own comparison; huggingface/transformers#7862 asks for it",
        inject=injections.unshared,
        invariant=injections.depth_costs_no_parameters,
    ),
    Deviation(
        id="unfactored",
        title="An embedding as wide as the network",
        place="Sec. 3.1; Sec. 4.4 (Table 3)",
        paper_says="V x E numbers and E x H, with E much smaller than H.",
        code_does="Keeps E = H, with no matrix between, as BERT does.",
        kind="choice",
        introduced="",
        fixed="",
        source="the paper's own comparison, E = 768",
        inject=injections.unfactored,
        invariant=injections.a_piece_costs_the_narrow_width,
    ),
    Deviation(
        id="nsp",
        title="BERT's question: does the second segment follow?",
        place="Sec. 3.1; Sec. 4.6 (Table 5)",
        paper_says="The same two segments, in their order or swapped.",
        code_does="Takes half of the second segments from another text.",
        kind="choice",
        introduced="",
        fixed="",
        source=f"{DATA}, the flag random_next_sentence; for long transformers had nothing else, "
        "huggingface/transformers#2671",
        inject=injections.nsp,
        invariant=injections.both_segments_are_of_one_text,
    ),
    Deviation(
        id="copied_layers",
        title="Layers that only begin alike",
        place="Sec. 3.1",
        paper_says="All parameters are shared across layers.",
        code_does="Copies one layer for all depths; each copy then learns for itself.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="google-research/albert#200 reads the published code so; "
        "huggingface/transformers#3052",
        inject=injections.copied_layers,
        invariant=injections.depths_stay_alike_as_they_learn,
        trained=False,
    ),
    Deviation(
        id="strange_second",
        title="A lone sentence gets a strange second",
        place="Sec. 3.1; Sec. 4.6",
        paper_says="Two consecutive segments from the same document, swapped or not.",
        code_does="Where a stretch is one sentence, takes the second from another document and "
        "calls the pair swapped: BERT's question by the back door, and never answered with no.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source=f"google-research/albert#234: {DATA} does so",
        inject=injections.strange_second,
        invariant=injections.a_lone_sentence_is_swapped_with_itself,
        trained=False,
        note="Four in five of our batches are reviews, lone sentences all of them.",
    ),
    Deviation(
        id="segments_travel",
        title="The segment embedding gives the order away",
        place="Sec. 3.1",
        paper_says="Swapped segments are the negative examples.",
        code_does="Swaps the segments together with their numbers: a first token of segment 1 then "
        "says that they were swapped.",
        kind="bug",
        introduced="",
        fixed="",
        source="the mistake that an order never wrong gives away; the published code numbers "
        f"places, {DATA}; neither version makes it",
        inject=injections.segments_travel,
        invariant=injections.segments_do_not_tell_the_order,
        trained=False,
    ),
    Deviation(
        id="single_pieces",
        title="Single pieces are hidden",
        place="Sec. 4.1, n-gram masking",
        paper_says="Up to three complete words in a row, n of them with a probability as 1/n.",
        code_does="Chooses each piece for itself, as the first BERT did.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="keras-team/keras-hub, pull request 725: kept the simple way knowingly",
        inject=injections.single_pieces,
        invariant=injections.whole_words_are_hidden_and_often_two_in_a_row,
        trained=False,
    ),
    Deviation(
        id="dropout",
        title="Dropout as in BERT",
        place="Sec. 4.8",
        paper_says="Without dropout the largest models learn better; none of them overfits.",
        code_does="Drops a tenth everywhere.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source="google-research/albert#23: 0.1 in all but the largest first models, none in the "
        "second; huggingface/transformers#2337",
        inject=injections.dropout,
        invariant=injections.training_reads_twice_alike,
        trained=False,
    ),
    Deviation(
        id="exact_gelu",
        title="GELU by the error function",
        place="google-research/albert, modeling.py, gelu",
        paper_says="GELU, with no form named (Sec. 3.1).",
        code_does="Multiplies by the normal distribution function itself; published weights were "
        "learned with the form by tanh.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="transformers' AlbertConfig asks for gelu_new, its BertConfig for gelu; "
        "Hendrycks & Gimpel 2016 give both",
        inject=injections.exact_gelu,
        invariant=injections.gelu_is_the_published_one,
        trained=False,
    ),
)
