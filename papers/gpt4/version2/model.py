"""GPT-4, OpenAI 2023, version 2: what a run will give, said before it is made.

The report tells neither size nor architecture (Sec. 2), so no network stands here: the runs are of
papers/gpt2's. What is here is what the report tells: a power law with a floor, its interval, pass
rates, calibration, tuning by reward, a check of what was seen in training. Against version 1: the
floor, the interval, schedules that end, all compute counted, a penalty in tuning, confidences as
they are, and the report's own check.

Shapes: R fits side by side, N runs of different size, G exponents that are tried, Q questions,
        A answers, B batch, T positions, V tokens, D width.
"""

import math
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from papers.adam.version2.model import AdamW, groups
from papers.gpt2.version2.model import GPT2, batch, loss  # noqa: F401

DRAWS = 1_000  # resamplings behind an interval
LEVEL = 0.9  # of runs that fall into it
EXPONENTS = (-3.0, -0.01)  # between which b is looked for
TRIED, ROUNDS = 32, 7  # exponents in a row; each round looks between two of the one before
BINS = 10  # of confidence


@dataclass(frozen=True)
class Config:  # the report tells nothing (Sec. 2): defaults are GPT-2's, of tuning our own
    context: int = 1024
    d_model: int = 768
    heads: int = 12
    layers: int = 12
    std: float = 0.02  # of matrices at the start
    batch: int = 512
    asked: int = 0  # rows of a batch that hold questions instead of text: ours
    learning_rate: float = 2.5e-4
    warmup: int = 2000
    beta2: float = 0.999
    weight_decay: float = 0.01
    clip: float = 1.0
    steps: int = 100_000
    ends: bool = True  # the rate falls to zero at the last step; else it stays
    tune_rate: float = 1e-4
    tune_batch: int = 64
    penalty: float = 0.02  # nats of KL that a whole point of reward is worth
    tune_steps: int = 100

    pretrain_steps = property(lambda config: config.steps)
    dropout = property(lambda config: 0.0)

    def __post_init__(self):
        if self.d_model % self.heads:
            raise ValueError("d_model must be a multiple of heads")
        if not 0 <= self.asked <= self.batch:
            raise ValueError("asked are rows of the batch: at most as many as it has")


# -- the forecast (Sec. 3.1) ----------------------------------------------------------------------


class Law(NamedTuple):
    """L(C) = a C^b + c, C in FLOPs, L in the unit of what was fitted; of many fits at once, each
    (R,)."""

    a: np.ndarray
    b: np.ndarray
    c: np.ndarray

    def at(self, compute):
        return self.a * compute**self.b + self.c


class Forecast(NamedTuple):
    """What a run will give, in the unit of the losses; LEVEL of runs lie from low to high."""

    value: float
    low: float
    high: float
    law: Law


def solve(power, loss, floor):
    """a, c and the misfit for given exponents: the sum of squared relative errors, which near the
    data are those of logarithms. It is linear in a and c, so nothing has to be searched.
    Of `power` (R, G, N) and `loss` (R, 1, N) come (R, G), (R, G), (R, G). Without `floor` c is 0.
    """
    u = power / loss  # (R, G, N)
    v = 1 / loss  # (R, 1, N)
    uu, uv, vv = (u * u).sum(-1), (u * v).sum(-1), (v * v).sum(-1)
    u1, v1 = u.sum(-1), v.sum(-1)
    c = (uu * v1 - uv * u1) / (uu * vv - uv * uv) * floor
    c = c.clip(0)  # no loss falls below nothing
    a = (u1 - uv * c) / uu
    return a, c, ((a[..., None] * u + c[..., None] * v - 1) ** 2).sum(-1)


def fit(compute, losses, floor=True):
    """The law of runs with `compute` (N,) in FLOPs and `losses` (R, N), a fit for each row.

    Sees all exponents between EXPONENTS, first coarsely, so no start can be wrong.
    """
    compute = np.asarray(compute, float)
    losses = np.atleast_2d(losses)[:, None]  # (R, 1, N)
    unit = math.exp(np.log(compute).mean())  # powers of it stay near 1
    low, high = (np.full(len(losses), end) for end in EXPONENTS)
    for _ in range(ROUNDS):
        tried = np.linspace(low, high, TRIED, axis=-1)  # (R, G)
        a, c, misfit = solve((compute / unit) ** tried[..., None], losses, floor)
        best = misfit.argmin(-1, keepdims=True)
        a, b, c = (np.take_along_axis(x, best, -1)[:, 0] for x in (a, tried, c))
        step = (high - low) / (TRIED - 1)
        low, high = np.maximum(b - step, low), np.minimum(b + step, high)
    return Law(a * unit**-b, b, c)


def below(compute, at):
    """Which runs may foretell one of `at` FLOPs: those with less compute."""
    return np.asarray(compute) < at


def foretell(compute, losses, at, floor=True, seed=0):
    """What a run of `at` FLOPs will give, from runs with less: `compute` one number for each size,
    `losses` for each size the values of its seeds.

    The interval is of a new run: seeds are drawn again, with replacement, and the law fitted again,
    and one seed's own distance from the mean of its size is added. That the law itself may not hold
    is in no interval.
    """
    kept = below(compute, at)
    compute = np.asarray(compute, float)[kept]
    losses = [np.asarray(values, float) for values, keep in zip(losses, kept, strict=True) if keep]
    if len(compute) < 3:
        raise ValueError(f"{len(compute)} sizes have less compute than {at:.3g}: 3 are needed")
    rng, means = np.random.default_rng(seed), np.array([x.mean() for x in losses])
    apart = [spread(x) for x in losses]
    drawn = [m + rng.choice(e, (DRAWS, len(e))).mean(1) for m, e in zip(means, apart)]
    laws = fit(compute, np.vstack([means, np.stack(drawn, 1)]), floor)
    value, again = laws.at(at)[0], laws.at(at)[1:]
    own = np.concatenate([e / m for m, e in zip(means, apart)])
    runs, out = again * (1 + rng.choice(own, DRAWS)), (1 - LEVEL) / 2
    low, high = np.quantile(runs, [out, 1 - out])
    law = Law(*(float(x[0]) for x in laws))
    return Forecast(float(value), float(min(low, value)), float(max(high, value)), law)


def spread(values):
    """How far each seed is from the mean, as far as if the mean were not made of it."""
    n = len(values)
    return (values - values.mean()) * math.sqrt(n / max(1, n - 1))


def compute(net, tokens):
    """FLOPs of a training on so many tokens: 6 for each parameter and token, two forward, four
    backward. Embeddings count: the head, which is one, is the largest product of a small net."""
    return 6 * sum(p.numel() for p in net.parameters()) * tokens


# -- capability (Sec. 3.2) ------------------------------------------------------------------------


def log_pass(p):
    """-E[log(pass rate)] in nats over questions with pass rates `p` (Q,): it falls as alpha C^-k,
    a law without a floor."""
    return float(-np.log(p).mean())


# -- calibration (Fig. 8) -------------------------------------------------------------------------


def reliability(p, truth, weights):
    """Bins of equal width by confidence, which is that in the likeliest answer of `p` (Q, A);
    `truth` (Q, A) is how often each answer is right, `weights` (Q,) how often each question is
    asked. Share of the questions, mean confidence and accuracy of each bin, NaN where it is empty.
    """
    sure, hit = p.max(1), truth[np.arange(len(p)), p.argmax(1)]  # (Q,), (Q,)
    place = np.minimum((sure * BINS).astype(int), BINS - 1)  # certainty is in the last bin
    share, said, true = (
        np.bincount(place, weights * x, BINS) for x in (np.ones(len(p)), sure, hit)
    )
    with np.errstate(invalid="ignore"):
        return share / share.sum(), said / share, true / share


def calibration_error(p, truth, weights):
    """Expected calibration error: the mean distance of confidence from accuracy, over bins."""
    share, said, true = reliability(p, truth, weights)
    return float((share * np.abs(said - true))[share > 0].sum())


# -- contamination (Appendix C) -------------------------------------------------------------------

PIECE, PIECES = 50, 3  # characters of a substring, substrings of an example


def plain(text):
    """Letters and digits alone."""
    return re.sub(r"[\W_]+", "", text)


def contaminated(examples, training, seed=0):
    """For each example of a test, a substring that the training text has as well, or None: three
    of 50 characters are looked for, of a shorter example the whole."""
    rng, known = np.random.default_rng(seed), plain(training)
    for example in map(plain, examples):
        starts = rng.integers(max(1, len(example) - PIECE + 1), size=PIECES)
        pieces = [example[start : start + PIECE] for start in starts]
        yield next((piece for piece in pieces if piece and piece in known), None)


# -- training -------------------------------------------------------------------------------------


def learning_rate(i, config):
    """Up linearly in `warmup` steps, then down along a cosine to zero at the last step: the end of
    a run is the end of its schedule."""
    if i < config.warmup:
        return config.learning_rate * (i + 1) / config.warmup
    if not config.ends:
        return config.learning_rate
    done = (i - config.warmup) / max(1, config.steps - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


class Learner:
    """The loop's body in pre-training: text and questions, gradients cut to `clip`, AdamW."""

    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        named = zip((name for name, _ in net.named_parameters()), masters.masters)
        self.optimizer = AdamW(groups(named, config.weight_decay), betas=(0.9, config.beta2))

    def step(self, tokens, asked, i):
        """Learn from the i-th windows of the text and from rows of questions `asked` (B, T + 1), of
        which answers alone are learned; the sum of both losses in nats per token."""
        inputs, targets = batch(tokens, self.config, self.seed, i)  # (B, T)
        kept = len(inputs) - len(asked)
        inputs = torch.cat([inputs[:kept], asked[:, :-1]])  # (B, T)
        scores = self.net(inputs)  # (B, T, V)
        value = loss(scores[:kept], targets[:kept]) if kept else 0.0
        if len(asked):  # a question has two tokens, the third is its answer
            value = value + loss(scores[kept:, 1::3], asked[:, 2::3])
        return self.learn(value, learning_rate(i, self.config))

    def learn(self, value, rate):
        value.backward()
        self.masters.take_gradients()
        torch.nn.utils.clip_grad_norm_(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()


def objective(log_p, reference, reward, penalty):
    """What tuning minimises, from log-probabilities `log_p` (B, A), those before tuning and the
    `reward` (B, A) of each answer: the reward that is missed, and `penalty` times the KL divergence
    in nats."""
    p = log_p.exp()
    return 1 - (p * reward).sum(1).mean() + penalty * (p * (log_p - reference)).sum(1).mean()


class Tuner(Learner):
    """Tuning by reward: the expected reward of an answer drawn from the model, so its gradient is
    that of a policy, exactly, because all answers can be summed."""

    def __init__(self, config, net, masters, before):
        super().__init__(config, net, masters, 0)
        self.before = before

    def step(self, questions, reward, answers):
        """Learn from `questions` (B, 2) and the `reward` (B, A) that people give each of `answers`
        (A,): the share of them who hold it for right."""
        log_p = self.net(questions)[:, -1, answers].float().log_softmax(-1)  # (B, A)
        with torch.no_grad():
            before = self.before(questions)[:, -1, answers].float().log_softmax(-1)  # (B, A)
        value = objective(log_p, before, reward, self.config.penalty)
        return self.learn(value, self.config.tune_rate)
