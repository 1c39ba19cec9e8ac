# Decide here: what does the paper claim, and where? At least six: counted (exact), compared with
#   code that others wrote (equivalence), two trained (direction).
"""What Adam, AMSGrad and AdamW claim. measures.py measures it."""

from __future__ import annotations

from common.evidence.claims import Claim
from papers.bidirectional_rnn.evidence import measures

DECOUPLED = "Loshchilov and Hutter 2019"

CLAIMS = (
    Claim(
        id="algorithm-1",
        place="Algorithm 1",
        sentence="Version 1's loop body is torch.optim.Adam, 200 steps in float64.",
        kind="equivalence",
        measure=measures.version1_is_torch_adam,
        unit="absolute error",
    ),
    Claim(
        id="step-after-silence",
        place="Sec. 2.1",
        sentence="A gradient after nothing but zeros moves by alpha (1 - beta1) / sqrt(1 - beta2).",
        kind="exact",
        measure=measures.spike,
        unit="alpha",
    ),
    Claim(
        id="faster-than-adagrad",
        place="Sec. 6.1, Fig. 1 (left)",
        sentence="Logistic regression: Adam converges faster than AdaGrad, each at its best rate.",
        kind="direction",
        experiment=measures.adam_beats_adagrad,
        unit="nats per image (training)",
        expected="Adam < AdaGrad",
    ),
    Claim(
        id="cifar",
        place=f"{DECOUPLED}, Sec. 4, Fig. 3 and 4",
        sentence="Test errors on CIFAR-10 and ImageNet32x32 fall by about 15 % of their value.",
        kind="out of reach",
        reason="ResNets of 11.6 and 25.6 million parameters, 100 to 1,800 passes each.",
    ),
)
