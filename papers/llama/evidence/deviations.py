# Decide here: what did the first reading get wrong, what do known implementations do otherwise, and
#   with which source? At least five, three of them trained.
"""What version 1 got wrong, and what others did. Each can be put back; injections.py says how.

The ladder trains version 2 with each deviation alone, on the same seeds.
"""

from __future__ import annotations

from common.evidence.deviations import Deviation
from papers.llama.evidence import injections

CODE = "openai/gpt-2, src/model.py"

DEVIATIONS = (
    Deviation(
        id="exact_gelu",
        title="GELU by the error function",
        place=f"{CODE}, gelu",
        paper_says="Nothing; the published code has the form with tanh.",
        code_does="Multiplies by the normal distribution function itself.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="nntile/nntile, pull request 370; karpathy/nanoGPT#2 on why it must not change",
        inject=injections.exact_gelu,
        invariant=injections.gelu_is_the_published_one,
        trained=False,
        note="Costs nothing to train with; published weights give other scores.",
    ),
    Deviation(
        id="unscaled_residuals",
        title="Residual layers not scaled",
        place="Sec. 2.3",
        paper_says="Weights of residual layers are scaled by 1 / sqrt(N) at the start.",
        code_does="Draws all matrices alike, so the residual path grows with depth.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="huggingface/transformers#2158, and #47458: the scaling was silently skipped",
        inject=injections.unscaled_residuals,
        invariant=injections.residual_path_grows_no_faster_with_depth,
    ),
    Deviation(
        id="untied_head",
        title="A head of its own",
        place=f"{CODE}, model",
        paper_says="Nothing; the published code multiplies by the token embedding.",
        code_does="Learns another matrix for the scores.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="karpathy/nanoGPT, before pull request 21",
        inject=injections.untied_head,
        invariant=injections.head_is_the_embedding,
        trained=False,
    ),
    Deviation(
        id="post_norm",
        title="Norm after the sum",
        place="Sec. 2.3",
        paper_says="The norm was moved to the input of each sub-block.",
        code_does="Normalises the sum, as the Transformer and GPT-1 do; keeps the last norm.",
        kind="bug",
        introduced="",
        fixed="",
        source="proposed as a correction in karpathy/minGPT#33 and its pull request 52; neither "
        "version makes it",
        inject=injections.post_norm,
        invariant=injections.input_goes_on_untouched,
    ),
)
