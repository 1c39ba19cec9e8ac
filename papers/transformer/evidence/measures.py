"""How the claims of claims.py are measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from common.evidence import measuring
from common.evidence.claims import Equal, Exact, Pair, View
from common.exams import lexicon
from common.exams.pairs import BEGIN, END
from papers.transformer import PAPER
from papers.transformer.evidence import twins
from papers.transformer.version2 import model as model2

# -- Table 3, in closed form, and the vocabulary that it implies ------------------------------


@dataclass(frozen=True)
class Row:
    """A row of Table 3 that prints a count; what it leaves out is as in the row 'base'."""

    printed: int  # million parameters
    layers: int = 6
    d_model: int = 512
    d_ff: int = 2048
    heads: int = 8
    d_k: int = 64
    d_v: int = 64

    @property
    def body(self) -> int:
        """Parameters of all layers: attention without biases, the rest with them.

        An encoder layer has one attention and two norms, a decoder layer two and three.
        """
        d = self.d_model
        attention = self.heads * d * 2 * (self.d_k + self.d_v)
        feed = 2 * d * self.d_ff + self.d_ff + d
        return self.layers * (3 * attention + 2 * feed + 5 * 2 * d)

    def total(self, symbols: int) -> int:
        """With one shared embedding of `symbols` words (Sec. 3.4)."""
        return self.body + symbols * self.d_model

    def vocabularies(self) -> tuple[int, int]:
        """The least and the greatest vocabulary whose total rounds to the printed count."""
        low, high = ((self.printed + half) * 1_000_000 - self.body for half in (-0.5, 0.5))
        return math.ceil(low / self.d_model), math.ceil(high / self.d_model) - 1


BASE = Row(65)
BIG = Row(213, d_model=1024, d_ff=4096, heads=16)
ROWS = (
    BASE,
    Row(58, d_k=16),  # (B)
    Row(60, d_k=32),
    Row(36, layers=2),  # (C)
    Row(50, layers=4),
    Row(80, layers=8),
    Row(28, d_model=256, d_k=32, d_v=32),
    Row(168, d_model=1024, d_k=128, d_v=128),
    Row(53, d_ff=1024),
    Row(90, d_ff=4096),
)
SAID = 37_000  # Sec. 5.1: "a shared source-target vocabulary of about 37000 tokens"


def shared_vocabularies() -> tuple[int, int]:
    """The vocabularies with which all of ROWS have their printed counts at once."""
    bounds = [row.vocabularies() for row in ROWS]
    return max(low for low, _ in bounds), min(high for _, high in bounds)


# -- exact --------------------------------------------------------------------------------------


def counts_share_a_vocabulary() -> Exact:
    """How many of the ten printed counts of base, (B) and (C) one vocabulary explains."""
    low, high = shared_vocabularies()
    explained = sum(round(row.total(low) / 1e6) == row.printed for row in ROWS)
    return Exact(explained, len(ROWS), note=f"any vocabulary from {low:,} to {high:,}")


def base_with_the_said_vocabulary() -> Exact:
    total = BASE.total(SAID) / 1e6
    return Exact(total, 65.0, tolerance=0.5, note="with about 37,000 words, as Sec. 5.1 says")


def big_with_the_shared_vocabulary() -> Exact:
    low, _ = shared_vocabularies()
    least, most = BIG.vocabularies()
    fits = f"213 million need a vocabulary from {least:,} to {most:,}"
    return Exact(BIG.total(low) / 1e6, 213.0, tolerance=0.5, note=fits)


def version2_has_the_base_count() -> Exact:
    """Our own modules at the paper's sizes, on no device, against the closed form."""
    low, _ = shared_vocabularies()
    count = measuring.parameters(lambda: model2.Transformer(model2.Config(), low))
    return Exact(count, BASE.total(low))


def positions_rotate() -> Exact:
    """PE(pos + k) from PE(pos) by one rotation of each sine-cosine pair, the same for all pos."""
    d, k = 64, 7
    table = model2.positions(200, d).double().view(200, d // 2, 2)
    angle = k / 10000 ** (torch.arange(0, d, 2, dtype=torch.float64) / d)
    s, c = table[:-k, :, 0], table[:-k, :, 1]
    turned = torch.stack([s * angle.cos() + c * angle.sin(), c * angle.cos() - s * angle.sin()], -1)
    return Exact((turned - table[k:]).abs().max().item(), 0.0, tolerance=2e-5)


def the_future_changes_nothing() -> Exact:
    net, changed = twins.toy(model2), twins.TARGET.copy()
    changed[:, 3:] = (changed[:, 3:] + 3) % twins.SYMBOLS
    source, *targets = map(torch.as_tensor, (twins.SOURCE, twins.TARGET, changed))
    a, b = (net.scores(source, target)[:, :3] for target in targets)
    return Exact((a - b).abs().max().item(), 0.0)


def rate_peaks_after_the_warmup() -> Exact:
    config = model2.Config()
    rates = [model2.learning_rate(step, config) for step in range(1, 20_001)]
    return Exact(rates.index(max(rates)) + 1, 4000)


def attention_costs() -> Exact:
    """Counted operations of one self-attention: projections, and the n^2 d of Table 1."""
    n, d = 96, 64
    layer = model2.Attention(model2.Config(d_model=d, heads=4))
    x, mask = torch.randn(1, n, d), torch.ones(1, n, n, dtype=torch.bool)
    with FlopCounterMode(display=False) as counter:
        layer(x, x, mask)
    return Exact(counter.get_total_flops(), 4 * 2 * n * d * d + 2 * 2 * n * n * d)


def products_have_variance_d_k() -> Exact:
    """Footnote 4: q . k of independent components with mean 0 and variance 1."""
    rng = torch.Generator().manual_seed(0)
    q, k = torch.randn(2, 200_000, 64, generator=rng)
    return Exact((q * k).sum(-1).var().item(), 64.0, tolerance=1.0)


def smoothing_makes_unsure() -> Exact:
    """What the best scores by the smoothed loss cost on a token that is certain; 0 without it."""
    wanted, scores = torch.tensor([[5]]), torch.zeros(1, 1, 40, requires_grad=True)
    best = torch.optim.LBFGS([scores], max_iter=100, line_search_fn="strong_wolfe")

    def loss():
        best.zero_grad()
        value = model2.loss(scores, wanted, model2.Config().smoothing)
        value.backward()
        return value

    best.step(loss)
    cost = model2.loss(scores, wanted, 0.0).item()
    return Exact(cost, -math.log(0.9), tolerance=1e-3, note="on a token that is certain")


# -- equivalence --------------------------------------------------------------------------------


def version2_is_torchs() -> Equal:
    return Equal(twins.versions_2_and_3()[0], 1e-5)


def version3_is_torchs() -> Equal:
    return Equal(twins.versions_2_and_3()[1], 1e-5)


def gradients_by_hand() -> Equal:
    return Equal(twins.worst_by_hand(), 1e-5)


# -- directions ---------------------------------------------------------------------------------


def beats_word_for_word(view: View) -> Pair:
    """The lexicon is counted on the data of the record."""
    ours, dataset = view.values(PAPER.newest, "bleu"), view.record(PAPER.newest).dataset.name
    score = lexicon.word_for_word_bleu(dataset)
    return Pair(ours, view.constant(score, ours), sign=+1, note=f"word for word: {score:.2f} BLEU")


def warmup_is_needed(seeds: Sequence[int]) -> Pair:
    """Version 2 on the copy task: the same highest rate, reached slowly or from the beginning."""
    slowly, at_once = ({s: copying(s, warm) for s in seeds} for warm in (True, False))
    return Pair(slowly, at_once, sign=-1)


def copies(rng: np.random.Generator, count: int, symbols: int, length: int):
    """The copy task: random sources (N, length), and the same tokens as targets."""
    source = rng.integers(END + 1, symbols, size=(count, length))
    begin, end = (np.full((count, 1), token) for token in (BEGIN, END))
    return source, np.concatenate([begin, source, end], axis=1)


COPY = {"d_model": 32, "d_ff": 64, "heads": 4, "layers": 4, "dropout": 0.0, "warmup": 50}


def copying(seed: int, warm: bool, steps: int = 120, rate: float = 0.3) -> float:
    """Nats per word on unseen copies at the end of training, the norm after the sum."""
    config, rng = model2.Config(**COPY, rate=rate), np.random.default_rng(seed)
    torch.manual_seed(seed)
    net = model2.Transformer(config, 20)
    adam = model2.Adam(net.parameters())
    losses = []
    for i in range(steps):
        source, target = map(torch.as_tensor, copies(rng, 16, 20, 8))
        value = model2.loss(net.scores(source, target[:, :-1]), target[:, 1:], 0.0)
        value.backward()
        step = i + 1 if warm else max(i + 1, config.warmup)  # Eq. 3 from its peak on
        adam.step(i + 1, model2.learning_rate(step, config))
        losses.append(value.item())
    return float(np.mean(losses[-20:]))  # each batch is new, so its loss is held out
