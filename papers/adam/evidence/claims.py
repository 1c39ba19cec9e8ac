"""What Adam, AMSGrad and AdamW claim, and what we measure of it.

The functions of exact and equivalence claims are in measures.py, the trainings in experiments.py.
"""

from __future__ import annotations

from collections.abc import Sequence

from common.evidence.claims import Claim, Pair, View
from common.paper import room
from papers.adam.evidence import experiments, measures, twins

REDDI = "Reddi et al. 2018"
DECOUPLED = "Loshchilov and Hutter 2019"
HORIZON = 20_000  # steps of the stochastic counter-example


def adam_beats_adagrad(seeds: Sequence[int]) -> Pair:
    found = [
        experiments.at_best(experiments.logistic, r, seeds) for r in (twins.adam, twins.adagrad)
    ]
    return Pair(*found, sign=-1)


def nesterov_beats_adagrad(seeds: Sequence[int]) -> Pair:
    rules = (twins.nesterov, twins.adagrad)
    return Pair(*(experiments.at_best(experiments.logistic, r, seeds) for r in rules), sign=-1)


def adam_beats_nesterov(seeds: Sequence[int]) -> Pair:
    rules = (twins.adam, twins.nesterov)
    return Pair(*(experiments.at_best(experiments.multilayer, r, seeds) for r in rules), sign=-1)


def correction_at(rate: float):
    """The experiment of Sec. 6.4 at one stepsize: with and without bias correction."""

    def experiment(seeds: Sequence[int]) -> Pair:
        rules = (twins.adam, twins.uncorrected)
        return Pair(*(experiments.at(experiments.early, r, rate, seeds) for r in rules), sign=-1)

    return experiment


def amsgrad_beats_adam(seeds: Sequence[int]) -> Pair:
    """Where the rules are after HORIZON steps of the stochastic problem, begun at 0."""

    def last(rule, seed: int) -> float:
        slopes = experiments.stochastic(seed, HORIZON)
        return experiments.follow(rule, slopes, 0.0, 0.5, beta1=0.9, beta2=0.99)[0]

    rules = (twins.amsgrad, twins.adam)
    return Pair(*({seed: last(rule, seed) for seed in seeds} for rule in rules), sign=-1)


def decoupled_beats_l2(seeds: Sequence[int]) -> Pair:
    found = [
        {seed: experiments.decayed(l2, experiments.best_decay(l2), seed)[1] for seed in seeds}
        for l2 in (False, True)
    ]
    return Pair(*found, sign=-1)


def version2_beats_version1(view: View) -> Pair:
    return Pair(view.values(room("adam").newest), view.values("version1"), sign=-1)


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
        id="adamw",
        place=f"{DECOUPLED}, Alg. 2",
        sentence="Version 2 is torch.optim.AdamW(foreach=True) bit for bit, 100 steps, two groups.",
        kind="equivalence",
        measure=measures.version2_is_torch_adamw,
        unit="absolute error",
    ),
    Claim(
        id="versions-agree",
        place="Algorithm 1",
        sentence="Without decay, versions 1 and 2 take the same steps of one tensor.",
        kind="equivalence",
        measure=measures.versions_agree,
        unit="absolute error",
    ),
    Claim(
        id="l2-is-torch",
        place=f"{DECOUPLED}, Alg. 2, line 6",
        sentence="Version 1's penalty on one tensor is torch.optim.Adam(weight_decay).",
        kind="equivalence",
        measure=measures.one_tensor_with_penalty,
        unit="absolute error",
    ),
    Claim(
        id="amsgrad-is-torch",
        place=f"{REDDI}, Alg. 2",
        sentence="AMSGrad is torch's if both moments are corrected after the maximum is taken.",
        kind="equivalence",
        measure=measures.amsgrad_is_torch,
        unit="absolute error",
    ),
    Claim(
        id="adamax-is-torch",
        place="Sec. 7.1, Algorithm 2",
        sentence="AdaMax is torch.optim.Adamax if epsilon is added to |g|.",
        kind="equivalence",
        measure=measures.adamax_is_torch,
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
        id="step-bound",
        place="Sec. 2.1",
        sentence="No step is larger than alpha (1 - beta1) / sqrt(1 - beta2).",
        kind="exact",
        measure=measures.largest_step,
        unit="alpha",
    ),
    Claim(
        id="adamax-bound",
        place="Sec. 7.1",
        sentence="No step of AdaMax is larger than alpha.",
        kind="exact",
        measure=measures.adamax_bound,
        unit="alpha",
    ),
    Claim(
        id="scale-invariance",
        place="Sec. 2.1",
        sentence="Steps do not change when the gradients are rescaled, epsilon being 0.",
        kind="exact",
        measure=measures.scale_invariance,
        unit="alpha",
    ),
    Claim(
        id="scale-invariance-with-epsilon",
        place="Sec. 1; Algorithm 1, default epsilon",
        sentence="With the default epsilon, too, small gradients give the steps of large ones.",
        kind="exact",
        measure=measures.scale_invariance_with_epsilon,
        unit="alpha",
    ),
    Claim(
        id="efficient-order",
        place="Sec. 2, end",
        sentence="The other order of computation is the same, given epsilon-hat for epsilon.",
        kind="exact",
        measure=measures.efficient_order,
        unit="alpha",
    ),
    Claim(
        id="uncorrected-first-step",
        place="Sec. 3",
        sentence="Uncorrected, the first step is alpha (1 - beta1) / sqrt(1 - beta2).",
        kind="exact",
        measure=measures.uncorrected_first_step,
        unit="alpha",
    ),
    Claim(
        id="small-beta2-is-the-risk",
        place="Sec. 3, last paragraph",
        sentence="It is a small beta2 with which missing correction makes the first steps large.",
        kind="exact",
        measure=measures.small_beta2_is_the_risk,
    ),
    Claim(
        id="adam-does-not-converge",
        place=f"{REDDI}, Thm. 1",
        sentence="On cx, -x, -x, ... Adam goes to +1: its average regret is (2c - 4) / 3.",
        kind="exact",
        measure=measures.adam_does_not_converge,
        unit="average regret",
    ),
    Claim(
        id="amsgrad-converges",
        place=f"{REDDI}, Thm. 4",
        sentence="On the same problem AMSGrad goes to the optimum, -1.",
        kind="exact",
        measure=measures.amsgrad_converges,
        unit="x",
    ),
    Claim(
        id="l2-is-decay-for-sgd",
        place=f"{DECOUPLED}, Prop. 1",
        sentence="For gradient descent, L2 with lambda / alpha is decay with lambda.",
        kind="exact",
        measure=measures.l2_is_decay_for_sgd,
        unit="absolute error",
    ),
    Claim(
        id="faster-than-adagrad",
        place="Sec. 6.1, Fig. 1 (left)",
        sentence="Logistic regression: Adam converges faster than AdaGrad, each at its best rate.",
        kind="direction",
        experiment=adam_beats_adagrad,
        unit="nats per image (training)",
        expected="Adam < AdaGrad",
    ),
    Claim(
        id="nesterov-faster-than-adagrad",
        place="Sec. 6.1, Fig. 1 (left)",
        sentence="So does gradient descent with Nesterov's momentum.",
        kind="direction",
        experiment=nesterov_beats_adagrad,
        unit="nats per image (training)",
        expected="Nesterov < AdaGrad",
    ),
    Claim(
        id="faster-than-nesterov",
        place="Sec. 6.2",
        sentence="Two hidden layers: Adam converges better than Nesterov's momentum.",
        kind="direction",
        experiment=adam_beats_nesterov,
        unit="nats per image (training)",
        expected="Adam < Nesterov",
    ),
    Claim(
        id="correction-at-large-stepsize",
        place="Sec. 6.4, Fig. 4",
        sentence="With beta2 = 0.9999 and alpha = 0.1, training without correction is unstable.",
        kind="direction",
        experiment=correction_at(0.1),
        unit="nats per image (training)",
        expected="corrected < uncorrected",
    ),
    Claim(
        id="correction-at-default-stepsize",
        place="Sec. 6.4, last sentence",
        sentence="Corrected is equal or better regardless of the setting: alpha = 0.001.",
        kind="direction",
        experiment=correction_at(0.001),
        unit="nats per image (training)",
        expected="corrected <= uncorrected",
    ),
    Claim(
        id="amsgrad-beats-adam",
        place=f"{REDDI}, Sec. 5, Fig. 1 (right)",
        sentence="On the stochastic problem AMSGrad is nearer to the optimum, -1, than Adam.",
        kind="direction",
        experiment=amsgrad_beats_adam,
        unit="x",
        expected="AMSGrad < Adam",
    ),
    Claim(
        id="decoupled-generalises",
        place=f"{DECOUPLED}, Sec. 4",
        sentence="Decoupled decay generalises better than L2, each at its best (alpha 0.01).",
        kind="direction",
        experiment=decoupled_beats_l2,
        unit="nats per image (test)",
        expected="decoupled < L2",
    ),
    Claim(
        id="version2-generalises",
        place="this repository",
        sentence="Version 2, all its changes together, ends at a lower test loss than version 1.",
        kind="direction",
        measure=version2_beats_version1,
        unit="nats per image (test)",
        expected="version 2 < version 1",
    ),
    Claim(
        id="cifar",
        place=f"{DECOUPLED}, Sec. 4, Fig. 3 and 4",
        sentence="Test errors on CIFAR-10 and ImageNet32x32 fall by about 15 % of their value.",
        kind="out of reach",
        reason="ResNets of 11.6 and 25.6 million parameters, 100 to 1,800 passes each.",
    ),
    Claim(
        id="convolutional",
        place="Sec. 6.3, Fig. 3",
        sentence="On CIFAR-10 with a convolutional network Adam is only marginally ahead of SGD.",
        kind="out of reach",
        reason="A c64-c64-c128-1000 network for 45 passes is hours of these processors.",
    ),
)
