"""GPT-4, OpenAI 2023, version 1: the first reading of how a large run is foretold.

The report tells neither size nor architecture (Sec. 2), so no network stands here: the runs are of
papers/gpt2's version 1, from basic operations. A line is drawn through the logarithms of compute
and loss, of runs whose rate never falls. Its mistakes are kept: papers/gpt4/evidence/deviations.py.

Shapes: N runs of different size, Q questions, A answers, B batch, T positions, V tokens, D width.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch

from papers.adam.version2 import model as adam
from papers.gpt2.version1.model import GPT, batch, loss  # noqa: F401
from papers.gpt3.version2.model import contaminated  # noqa: F401

BINS = 10  # of confidence


@dataclass(frozen=True)
class Config:  # the report tells nothing (Sec. 2): defaults are GPT-2's, of tuning our own
    context: int = 1024
    d_model: int = 768
    heads: int = 12
    layers: int = 12
    batch: int = 512
    asked: int = 0  # rows of a batch that hold questions instead of text: ours
    learning_rate: float = 2.5e-4
    warmup: int = 2000
    weight_decay: float = 0.01
    steps: int = 100_000
    tune_rate: float = 1e-4
    tune_batch: int = 64
    tune_steps: int = 100

    pretrain_steps = property(lambda config: config.steps)
    dropout = property(lambda config: 0.0)
    d_ff = property(lambda config: 4 * config.d_model)

    def __post_init__(self):
        if self.d_model % self.heads:
            raise ValueError("d_model must be a multiple of heads")
        if not 0 <= self.asked <= self.batch:
            raise ValueError("asked are rows of the batch: at most as many as it has")


# -- the forecast (Sec. 3.1) ----------------------------------------------------------------------


def fit(compute, losses):
    """log L = log a + b log C, from `compute` (N,) in FLOPs and `losses` (N,); a and b."""
    b, log_a = np.polyfit(np.log(compute), np.log(losses), 1)
    return math.exp(log_a), b


def foretell(compute, losses, at):
    """What a run of `at` FLOPs will give, in the unit of the losses, from all runs that there are:
    `compute` one number for each size, `losses` for each size the values of its seeds."""
    a, b = fit(compute, [np.mean(values) for values in losses])
    return a * at**b


def compute(net, tokens):
    """FLOPs of a training on so many tokens: 6 for each parameter and token, embeddings aside."""
    inside = sum(p.numel() for p in net.blocks.parameters())
    return 6 * inside * tokens


# -- capability (Sec. 3.2) ------------------------------------------------------------------------


def log_pass(p):
    """-log of the mean pass rate of questions with pass rates `p` (Q,), in nats."""
    return -math.log(p.mean())


# -- calibration (Fig. 8) -------------------------------------------------------------------------


def calibration_error(p, truth, weights):
    """Expected calibration error of `p` (Q, A): the mean distance of each bin's middle and its
    accuracy. `truth` (Q, A) is how often each answer is right, `weights` (Q,) how often each
    question is asked."""
    sure, hit = p.max(1), truth[np.arange(len(p)), p.argmax(1)]  # (Q,), (Q,)
    error = 0.0
    for n in range(BINS):
        inside = (sure >= n / BINS) & (sure < (n + 1) / BINS)
        share = weights[inside].sum() / weights.sum()
        if share:
            middle = (n + 0.5) / BINS
            accuracy = (weights * hit)[inside].sum() / weights[inside].sum()
            error += share * abs(accuracy - middle)
    return float(error)


# -- training -------------------------------------------------------------------------------------


def learning_rate(i, config):
    """Up linearly in `warmup` steps, and on at that: a run can be read at any step."""
    return config.learning_rate * min(1.0, (i + 1) / config.warmup)


class Learner:
    """The loop's body in pre-training: text and questions, loss, gradients, one step of AdamW."""

    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        self.optimizer = adam.AdamW(masters.masters, weight_decay=config.weight_decay)

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
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()
        return value.detach()


class Tuner(Learner):
    """Tuning by reward: the expected reward of an answer drawn from the model."""

    def step(self, questions, reward, answers):
        """Learn from `questions` (B, 2) and the `reward` (B, A) that people give each of `answers`
        (A,): the share of them who hold it for right."""
        p = self.net(questions)[:, -1, answers].softmax(-1)  # (B, A)
        return self.learn(1 - (p * reward).sum(1).mean(), self.config.tune_rate)
