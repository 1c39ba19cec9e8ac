"""How version 2 learns: from text, then from labels.

Shapes: B rows, T positions.
"""

import copy
import math

import torch

from common.run.engine import Masters
from papers.gpt1.version2 import model


def pretraining_rate(i, config):
    """Up linearly in `warmup` steps, then down to zero along a cosine (Sec. 4.1)."""
    if i < config.warmup:
        return config.learning_rate * (i + 1) / config.warmup
    done = (i - config.warmup) / max(1, config.pretrain_steps - config.warmup)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def tuning_rate(i, config, steps):
    """Up in a small share of the steps, then down to zero along a line (Sec. 4.1)."""
    warmup = max(1, round(config.tuning_warmup * steps))
    if i < warmup:
        return config.tuning_rate * (i + 1) / warmup
    return config.tuning_rate * (steps - i) / max(1, steps - warmup)


class Learner:
    """One step of AdamW at a time; matrices decay, vectors do not (Sec. 4.1)."""

    def __init__(self, config, net, masters, seed):
        self.config, self.net, self.masters, self.seed = config, net, masters, seed
        named = zip((name for name, _ in net.named_parameters()), masters.masters)
        self.optimizer = model.AdamW(model.groups(named, config.weight_decay))

    def seeded(self, i):
        """Of dropout: the same after a restart."""
        torch.manual_seed(self.seed * 1_000_003 + i)

    def learn(self, value, rate):
        value.backward()
        self.masters.take_gradients()
        torch.nn.utils.clip_grad_norm_(self.masters.masters, self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.masters.give_weights()


class Pretraining(Learner):
    def loss(self, rows):
        return model.language_loss(self.net, self.net.transform(rows), rows)

    def step(self, rows, i):
        """Learn from the i-th `rows` (B, T); L_1."""
        self.seeded(i)
        value = self.loss(rows)
        self.learn(value, pretraining_rate(i, self.config))
        return value.detach()


class Tuning(Learner):
    """Fine-tuning on so many labels; None for all."""

    def __init__(self, config, net, masters, seed, labels=None):
        super().__init__(config, net, masters, seed)
        self.labels, self.steps = labels, config.tuning_steps(labels)

    def step(self, tokens, lengths, labels, i):
        """Learn from the i-th sentences (B, T) with their labels (B): L_3 = L_2 + lambda L_1."""
        self.seeded(i)
        rows = model.framed(tokens, lengths)
        h = self.net.transform(rows)
        judged = model.class_loss(self.net.head(model.answered(h, lengths)), labels)
        auxiliary = self.config.auxiliary
        spoken = model.language_loss(self.net, h, rows) if auxiliary else torch.zeros(())
        value = judged + auxiliary * spoken
        self.learn(value, tuning_rate(i, self.config, self.steps))
        return {"loss": value.detach(), "labels": judged.detach(), "text": spoken.detach()}


def tuned(net, weights, exam, labels):
    """A net of its own that begins from `weights` and learns from so many labels."""
    net = copy.deepcopy(net).train()
    masters = Masters(net.parameters())
    for master, weight in zip(masters.masters, weights, strict=True):
        master.data.copy_(weight)
    masters.give_weights()
    learner = Tuning(net.config, net, masters, exam.seed, labels)
    for i in range(learner.steps):
        learner.step(*exam.batch(i, net.config.tuning_batch, labels), i)
    return net
