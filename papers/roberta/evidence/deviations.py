"""What version 1 got wrong, what others do, and what we do otherwise on purpose.

The ladder trains version 2 with each trained deviation alone, on the same seeds. What it puts in,
and what then no longer holds, is in injections.py.
"""

from __future__ import annotations

from common.evidence.deviations import Deviation
from papers.roberta.evidence import injections

DEVIATIONS = (
    Deviation(
        id="static_masks",
        title="The same tokens hidden at each reading",
        place="Sec. 4.1",
        paper_says="A mask is drawn every time a row is read.",
        code_does="Draws one for each row, as when masks are made with the data.",
        kind="choice",
        introduced="",
        fixed="",
        source="BERT's own data; PaddlePaddle/PaddleNLP#1340 asks for masks drawn anew instead; "
        "neither version does it",
        inject=injections.static_masks,
        invariant=injections.each_reading_hides_others,
        trained=False,
        note="Costs nothing in our runs, which read hardly a row twice; over many epochs it does: "
        "claim masks-anew.",
    ),
    Deviation(
        id="segment_pairs",
        title="Pairs, and whether the second follows",
        place="Sec. 4.2 (Table 2, SEGMENT-PAIR)",
        paper_says="Full sentences, and no question for what follows.",
        code_does="Cuts each row in two, puts another row's second half into half of them, and "
        "asks which.",
        kind="choice",
        introduced="",
        fixed="",
        source="Devlin et al. 2018 (BERT), Sec. 3.1; the paper's own comparison",
        inject=injections.segment_pairs,
        invariant=injections.only_hidden_tokens_are_asked,
        note="Both read the same text, so that the question alone differs.",
    ),
    Deviation(
        id="no_first_space",
        title="No space before a sentence's first word",
        place="Sec. 4.4; the published code",
        paper_says="Byte pairs of GPT-2, where a word inside a text has its space before it.",
        code_does="Cuts a sentence to judge as it was given, so its first word is another token "
        "than anywhere in pre-training, or falls to pieces.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="huggingface/transformers#1380, #2899; ThilinaRajapakse/simpletransformers#458",
        inject=injections.no_first_space,
        invariant=injections.first_words_have_their_space,
    ),
    Deviation(
        id="positions_from_zero",
        title="Positions from 0",
        place="facebookresearch/fairseq, positional_embedding.py",
        paper_says="Nothing; in the published code the first token reads row 2, padding row 1.",
        code_does="Reads row 0 first, where published weights have never been trained, and row 1, "
        "which is padding's zeros.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="facebookresearch/fairseq#1187; huggingface/transformers#1363, #10736",
        inject=injections.positions_from_zero,
        invariant=injections.positions_begin_behind_padding,
        trained=False,
        note="Costs nothing where one trains oneself; published weights then give other scores.",
    ),
    Deviation(
        id="table_of_512",
        title="As many positions as places",
        place="facebookresearch/fairseq, positional_embedding.py",
        paper_says="Rows of up to 512 tokens; the published table has 514 rows.",
        code_does="Makes a table of 512, which the last two places of a full row fall out of.",
        kind="bug",
        introduced="",
        fixed="",
        source="huggingface/transformers#9116; rinnakk/japanese-pretrained-models#3; neither "
        "version does it",
        inject=injections.table_of_512,
        invariant=injections.full_rows_can_be_read,
        trained=False,
    ),
    Deviation(
        id="two_segments",
        title="Two kinds of segments",
        place="Sec. 4.2; huggingface/transformers, RobertaConfig",
        paper_says="No pairs; published weights have one segment, of zeros.",
        code_does="Keeps BERT's two, which no published row is there for.",
        kind="bug",
        introduced="",
        fixed="",
        source="huggingface/transformers#1114, #1234, and its pull request 2432; neither version "
        "does it",
        inject=injections.two_segments,
        invariant=injections.there_is_one_segment,
        trained=False,
    ),
    Deviation(
        id="berts_epsilon",
        title="BERT's epsilon in the norms",
        place="huggingface/transformers, RobertaConfig",
        paper_says="Nothing; the published code has torch's 1e-5.",
        code_does="Keeps 1e-12, which is that library's default for both.",
        kind="bug",
        introduced="",
        fixed="",
        source="the default of transformers' RobertaConfig, which published weights overwrite; the "
        "mirror image, BERT with 1e-5, is keras-team/keras-hub#642; neither version does it",
        inject=injections.berts_epsilon,
        invariant=injections.norms_have_their_epsilon,
        trained=False,
    ),
    Deviation(
        id="specials_hidden",
        title="Special tokens are hidden, too",
        place="Sec. 2.3; the published code",
        paper_says="15 % of the tokens; the published code leaves special ones out, and never puts "
        "one in another's place.",
        code_does="Draws among all tokens but padding, and replaces by any.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="a first reading; transformers' collator takes a special_tokens_mask to prevent it",
        inject=injections.specials_hidden,
        invariant=injections.special_tokens_stay,
        trained=False,
    ),
    Deviation(
        id="slow_average",
        title="Adam's second average over 1,000 steps",
        place="Sec. 3.1",
        paper_says="beta_2 = 0.98 is steadier with large batches.",
        code_does="Leaves 0.999, the default.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="huggingface/transformers, pull request 5592: its trainer could not set it before",
        inject=injections.slow_average,
        invariant=injections.second_average_is_short,
    ),
)
