"""What version 1 got wrong, and what others did. Each can be put back; injections.py says how.

The ladder trains version 2 with each deviation alone, on the same seeds.
"""

from __future__ import annotations

from common.evidence.deviations import Deviation
from papers.gpt1.evidence import injections

CODE = "openai/finetune-transformer-lm, train.py"

DEVIATIONS = (
    Deviation(
        id="padding_read",
        title="The answer read from padding",
        place=f"Eq. 3; {CODE}, model",
        paper_says="The class comes from the last block's output at the final input token.",
        code_does="Takes the last column of the batch, which in shorter rows is padding.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="huggingface/transformers, pull request 7501: without a pad token it 'simply takes "
        "the last value in each row of the batch'; #35909 on what came of the search for it",
        inject=injections.padding_read,
        invariant=injections.padding_changes_nothing,
    ),
    Deviation(
        id="unmet",
        title="Start and extract tokens new in fine-tuning",
        place="Sec. 3.3",
        paper_says="Start and end tokens are initialised at random, when fine-tuning begins.",
        code_does="Put back here: the paper's way. Our runs meet them in pre-training, around each "
        "document, because the rows of fine-tuning are too few to learn them well.",
        kind="choice",
        introduced="",
        fixed="",
        source=f"the paper itself; {CODE}: random rows for `n_special` tokens",
        inject=injections.unmet,
        invariant=injections.special_tokens_are_met,
    ),
    Deviation(
        id="lstm",
        title="An LSTM in place of the blocks",
        place="Sec. 5, ablation studies",
        paper_says="The effect of the Transformer is told by one LSTM layer in its place.",
        code_does="Puts in one layer of twice the width, with a projection back.",
        kind="choice",
        introduced="",
        fixed="",
        source="the paper's own ablation, Table 5, last row",
        inject=injections.lstm,
        invariant=injections.blocks_attend,
    ),
    Deviation(
        id="pre_norm",
        title="Norm before the sublayer",
        place=f"Sec. 4.1; {CODE}, block",
        paper_says="The Transformer's decoder blocks: the norm is of the sum.",
        code_does="Normalises what goes into a sublayer, as GPT-2's block does.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="karpathy/minGPT#33 and its pull request 52: one block for both models, and which "
        "of the two is wrong",
        inject=injections.pre_norm,
        invariant=injections.sums_are_normalised,
        trained=False,
    ),
    Deviation(
        id="exact_gelu",
        title="GELU by the error function",
        place=f"{CODE}, gelu",
        paper_says="GELU; the published code has the form with tanh.",
        code_does="Multiplies by the normal distribution function itself.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="nntile/nntile, pull request 370; karpathy/nanoGPT#2 on why it must not change",
        inject=injections.exact_gelu,
        invariant=injections.gelu_is_the_published_one,
        trained=False,
        note="Published weights then give other scores.",
    ),
    Deviation(
        id="padding_spoken",
        title="Padding predicted, too",
        place=f"{CODE}, lm_losses",
        paper_says="The auxiliary loss is that of the sequence's tokens; the published code masks.",
        code_does="Takes the mean over all columns, padding among the targets.",
        kind="bug",
        introduced="",
        fixed="",
        source="huggingface/transformers#3167 on padding of batches for such models; neither "
        "version makes it",
        inject=injections.padding_spoken,
        invariant=injections.padding_is_no_target,
        trained=False,
    ),
    Deviation(
        id="next_token_seen",
        title="The mask is one off",
        place="Eq. 1",
        paper_says="Each token is predicted from all before it.",
        code_does="Lets each position see the one after it, which is what it has to predict.",
        kind="bug",
        introduced="",
        fixed="",
        source="the mistake that a loss near zero gives away; neither version makes it",
        inject=injections.next_token_seen,
        invariant=injections.future_changes_nothing,
        trained=False,
    ),
)
