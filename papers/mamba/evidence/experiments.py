"""The two problems of Sec. 4.1, small, and short trainings on them and on text.

Tokens of both: 0 to 7 are what is to be remembered, 8 is noise, 9 asks.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from common.exams.text import predictor
from common.run.engine import Masters
from papers.gpt2.version2 import model as gpt2
from papers.mamba.evidence.twins import as_trained
from papers.mamba.version3 import model as mamba

KINDS, NOISE, ASK, SYMBOLS = 8, 8, 9, 10
TEST = 2**40  # a seed that no training has


def selective_copying(rng, count: int, length: int = 32, kept: int = 4):
    """Sec. 4.1.1, Fig. 2: tokens at random places among noise; then as many questions, at which
    they are to be said in their order. Rows (count, length + kept), and the answers, which
    belong to the last `kept` places."""
    rows = torch.full((count, length + kept), NOISE)
    answers = torch.randint(KINDS, (count, kept), generator=rng)
    places = torch.rand(count, length, generator=rng).argsort(1)[:, :kept].sort(1).values
    rows.scatter_(1, places, answers)
    rows[:, length:] = ASK
    return rows, answers


def induction(rng, count: int, length: int = 32):
    """Sec. 4.1.2: somewhere in random tokens stands the question and behind it a token; at the end
    stands the question again, and that token is the answer."""
    rows = torch.randint(KINDS, (count, length), generator=rng)
    place = torch.randint(length - 2, (count, 1), generator=rng)
    answers = rows.gather(1, place + 1)
    rows.scatter_(1, place, ASK)
    rows[:, -1] = ASK
    return rows, answers


def scores(net, rows):
    """Of a Mamba, which returns its state as well, or of a GPT-2."""
    found = net(rows)
    return found[0] if isinstance(found, tuple) else found


def learn(net, draw, seed: int, steps: int, rate: float, batch: int = 32) -> None:
    """Adam on fresh rows in each step, the rate falling to zero along a cosine."""
    rng = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(net.parameters(), lr=rate, fused=True)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        rows, answers = draw(rng, batch)
        found = scores(net, rows)[:, -answers.shape[1] :]
        optimizer.zero_grad()
        F.cross_entropy(found.flatten(0, 1), answers.flatten()).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        falling.step()


@torch.no_grad()
def wrong(net, draw, rounds: int = 10) -> float:
    """Per cent of the answers to rows that it never saw."""
    rng, found = torch.Generator().manual_seed(TEST), []
    for _ in range(rounds):
        rows, answers = draw(rng, 64)
        given = scores(net, rows)[:, -answers.shape[1] :].argmax(-1)
        found.append((given != answers).double().mean())
    return 100 * float(torch.stack(found).mean())


SMALL = {"d_model": 32, "layers": 2}
COPYING = {"steps": 700, "rate": 0.01}
INDUCTION = 600  # steps
RATES = {"mamba": 0.01, "gpt2": 0.005}
LONGER = 512  # 16 times as long as in training


@as_trained()
def copies(seed: int) -> float:
    """Selective copying: wrong answers in per cent. As mamba is, with a deviation in it or not."""
    torch.manual_seed(seed)
    net = mamba.Mamba(mamba.Config(**SMALL), SYMBOLS)
    learn(net, selective_copying, seed, **COPYING)
    return wrong(net, selective_copying)


@as_trained()
def extrapolates(name: str, seed: int, length: int = LONGER) -> float:
    """Induction heads trained at length 32: wrong answers in per cent at another length."""
    torch.manual_seed(seed)
    if name == "mamba":
        net = mamba.Mamba(mamba.Config(**SMALL), SYMBOLS)
    else:
        config = gpt2.Config(**SMALL, heads=4, context=length, dropout=0.0, std=0.1)
        net = gpt2.GPT2(config, SYMBOLS)
    learn(net, induction, seed, INDUCTION, RATES[name])
    net.eval()
    return wrong(net, lambda rng, count: induction(rng, count, length), rounds=4)


# On text: 106,176 parameters of GPT-2, as papers/gpt2 trains it, and 102,304 of Mamba. Both read
# as many tokens; each is scored as it reads, in windows or in streams.
TEXT = {"batch": 32, "learning_rate": 0.01, "warmup": 30, "beta2": 0.99, "steps": 400}
GPT2 = {"context": 32, "d_model": 64, "heads": 4, "layers": 2, "std": 0.07, "dropout": 0.0}
MAMBA = {"d_model": 64, "layers": 3, "sequence": 32}


@as_trained()
def reads(name: str, seed: int, exam, part: str = "test") -> float:
    """Bits per character after a short training on the exam's text."""
    torch.manual_seed(seed)
    tokens = torch.as_tensor(exam.train)
    if name == "mamba":
        config = mamba.Config(**TEXT, **MAMBA)
        net = mamba.Mamba(config, exam.symbols)
        learner, read = mamba.Learner(config, net, Masters(net.parameters())), None
    else:
        config = gpt2.Config(**TEXT, **GPT2, merges=None, weight_decay=0.1)
        net = gpt2.GPT2(config, exam.symbols)
        learner, read = gpt2.Learner(config, net, Masters(net.parameters()), seed), net.read
    for i in range(config.steps):
        learner.step(tokens, i)
    return exam.score(predictor(net, read), getattr(exam.parts, part))
