"""What version 1 got wrong, and what others did. Each can be put back into version 2.

The ladder trains version 2 with each deviation alone, on the same seeds.
"""

from __future__ import annotations

from common.evidence.deviations import Deviation
from papers.adam.evidence import injections as put

ALGORITHM = "Algorithm 1"
DECOUPLED = "Loshchilov and Hutter 2019"

DEVIATIONS = (
    Deviation(
        id="counter_per_tensor",
        title="One counter, advanced once per tensor",
        place=f"{ALGORITHM}, t <- t + 1",
        paper_says="One timestep for each evaluation of the objective.",
        code_does="Adds one to t for every tensor, so the bias correction ends too early.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="flashlight/flashlight#143; DiffSharp/DiffSharp#292",
        inject=put.counter_per_tensor,
        invariant=put.every_tensor_begins_with_alpha,
    ),
    Deviation(
        id="l2_in_gradient",
        title="Weight decay as L2 in the gradient",
        place=f"{DECOUPLED}, Alg. 2, line 6 against line 12",
        paper_says="Decay the weights apart from the gradient, so that all decay alike.",
        code_does="Adds lambda theta to the gradient, where the moments divide it away again.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="torch.optim.Adam(weight_decay); pytorch/pytorch, pull request 21250 (AdamW)",
        inject=put.l2_in_gradient,
        invariant=put.decay_is_apart_from_the_gradient,
        note="Each form has the lambda that is best for it on the validation split: 0.0003 for L2, "
        "0.3 decoupled. The test's writers ask for more: with 0.003, L2 costs 0.006 ± 0.010. With "
        "decoupled decay's 0.3 it does not train at all: the test loss stays at ln 10 = 2.3 nats",
    ),
    Deviation(
        id="decay_everything",
        title="Biases decay too",
        place=f"{DECOUPLED}, Alg. 2, line 12",
        paper_says="Nothing of biases; the field spares biases, gains and norms.",
        code_does="Puts every parameter into the group that decays.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source="namisan/mt-dnn, pull request 37; ServiceNow/Fast-LLM, pull request 545",
        inject=put.decay_everything,
        invariant=put.vectors_do_not_decay,
    ),
    Deviation(
        id="constant_rate",
        title="Constant stepsize",
        place=f"{DECOUPLED}, Sec. 4.1",
        paper_says="Anneal the stepsize by a cosine; Adam gains from a schedule as well.",
        code_does="Trains to the end at alpha, as Algorithm 1 does.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source=ALGORITHM,
        inject=put.constant_rate,
        invariant=put.rate_falls_to_zero,
    ),
    Deviation(
        id="no_bias_correction",
        title="No bias correction",
        place="Sec. 3; Sec. 6.4",
        paper_says="Divide m and v by 1 - beta^t, because they begin at zero.",
        code_does="Uses m and v as they are: the first steps are several alpha long.",
        kind="bug",
        introduced="",
        fixed="",
        source="google-research/bert#153 ('mostly an oversight'); ml-explore/mlx, "
        "pull request 1640; neither version makes it",
        inject=put.no_bias_correction,
        invariant=put.first_step_is_alpha,
    ),
    Deviation(
        id="epsilon_inside_root",
        title="Epsilon inside the root",
        place=f"{ALGORITHM}, last line of the loop",
        paper_says="Divide by sqrt(v_hat) + epsilon.",
        code_does="Divides by sqrt(v_hat + epsilon): an epsilon of 1e-8 acts like one of 1e-4.",
        kind="bug",
        introduced="",
        fixed="",
        source="FluxML/Flux.jl, pull request 448; neither version makes it",
        inject=put.epsilon_inside_root,
        invariant=put.epsilon_is_outside,
    ),
    Deviation(
        id="epsilon_hat",
        title="Epsilon-hat set to epsilon",
        place="Sec. 2, end: the efficient order of computation",
        paper_says="Its epsilon-hat is epsilon sqrt(1 - beta2^t).",
        code_does="Uses the constant epsilon there, which is up to 31 times too large at first.",
        kind="choice",
        introduced="",
        fixed="",
        source="tensorflow/tensorflow#9047 and #35102; neither version makes it",
        inject=put.epsilon_hat,
        invariant=put.epsilon_is_not_corrected,
    ),
    Deviation(
        id="decay_after_step",
        title="Decay after the step",
        place=f"{DECOUPLED}, Alg. 2, line 12",
        paper_says="Decay theta_(t-1), the weight before the step.",
        code_does="Decays what the step has made, and so a part of the step.",
        kind="bug",
        introduced="",
        fixed="",
        source="bitsandbytes-foundation/bitsandbytes#2010; stanford-cs336/assignment1-basics#54; "
        "neither version makes it",
        inject=put.decay_after_step,
        invariant=put.decay_is_of_the_weight_before,
    ),
    Deviation(
        id="bfloat16_weights",
        title="bfloat16 weights without masters",
        place=f"{ALGORITHM}, last line of the loop",
        paper_says="Nothing: float32 is taken for granted.",
        code_does="Rounds the weights to bfloat16 at every step: small steps are lost.",
        kind="bug",
        introduced="",
        fixed="",
        source="NVIDIA/apex#1728; workofart/ml-by-hand, pull request 85; neither version makes it",
        inject=put.bfloat16_weights,
        invariant=put.small_steps_add_up,
    ),
)
