"""How a net's next-token scores become translations: beam search with a length penalty (Wu et al.
2016).

The same for all versions and rooms; a net is what translation.py says.
"""

from __future__ import annotations

import numpy as np
import torch

from common.exams.pairs import BEGIN, END, PAD

BEAM, ALPHA = 4, 0.6  # Vaswani et al. 2017, Sec. 6.1
EXTRA = 20  # tokens by which a translation may be longer than its source; they have 50


def translate(net, source: np.ndarray, beam: int = 1, alpha: float = ALPHA) -> list[list[int]]:
    """The best translation of each source (B, S) that a beam of that size finds, END left out.

    A hypothesis of n tokens, END among them, is worth log p / penalty(n). Finished ones stay in the
    beam and compete with those that go on; a sentence is done as soon as none of these can come to
    be worth more. A beam of 1 is greedy search.
    """
    count = len(source)
    cache = select(net.start(source), np.repeat(np.arange(count), beam))
    prefix = np.full((count * beam, 1), BEGIN)
    log_p = torch.full((count, beam), -torch.inf, dtype=torch.float64)
    log_p[:, 0] = 0  # at the beginning all hypotheses of a sentence are one
    done = torch.zeros(count, beam, dtype=torch.bool)
    lengths = torch.zeros(count, beam)
    limit = torch.as_tensor((source != PAD).sum(1)) + EXTRA
    left, found, n = np.arange(count), {}, 0
    while len(left):
        n += 1
        gained, words = _continuations(net.step(cache, prefix), done)  # of each hypothesis
        total, now = (log_p[..., None] + gained).flatten(1), lengths + ~done
        worth = total / penalty(now, alpha).repeat_interleave(gained.shape[2], 1)
        chosen = worth.topk(beam, dim=1).indices
        parent, word = chosen // gained.shape[2], words.flatten(1).gather(1, chosen)
        log_p, worth = total.gather(1, chosen), worth.gather(1, chosen)
        lengths, done = now.gather(1, parent), done.gather(1, parent) | (word == END)
        rows = parent + beam * torch.arange(len(left))[:, None]
        prefix = np.concatenate([prefix[rows.flatten().numpy()], word.reshape(-1, 1)], axis=1)
        over = (n >= limit) | _decided(worth, log_p / penalty(limit, alpha)[:, None], done)
        best = prefix.reshape(len(left), beam, -1)[:, 0, 1:]
        found |= {int(left[i]): best[i].tolist() for i in over.nonzero()[:, 0].tolist()}
        log_p, lengths, done, limit, rows = (x[~over] for x in (log_p, lengths, done, limit, rows))
        prefix = prefix.reshape(len(left), beam, -1)[~over.numpy()].reshape(-1, n + 1)
        left, cache = left[~over.numpy()], select(cache, rows.flatten().numpy())
    return [[token for token in found[i] if token not in (END, PAD)] for i in range(count)]


def penalty(length: torch.Tensor, alpha: float) -> torch.Tensor:
    """((5 + n) / 6)^alpha, Wu et al. 2016, Eq. 14: without it short translations win."""
    return ((5 + length) / 6) ** alpha


def _continuations(scores, done: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """log p and number of the likeliest next tokens (B, beam, beam) of each hypothesis; more of
    them cannot enter the beam. After END there is only padding, at no cost."""
    log_p = torch.as_tensor(scores).float().cpu().log_softmax(-1)
    log_p[:, [PAD, BEGIN]] = -torch.inf
    log_p, words = log_p.view(*done.shape, -1).topk(min(done.shape[1], log_p.shape[1]), dim=-1)
    log_p = log_p.double()
    log_p[done], words[done] = -torch.inf, PAD
    log_p[..., 0].masked_fill_(done, 0)
    return log_p, words


def _decided(worth: torch.Tensor, ceiling: torch.Tensor, done: torch.Tensor) -> torch.Tensor:
    """Sentences (B,) of which a finished hypothesis is worth as much as any other can become.

    `ceiling` (B, beam): what each is worth if it reaches the longest length at no further cost.
    """
    finished = worth.masked_fill(~done, -torch.inf).max(1).values
    return finished >= ceiling.masked_fill(done, -torch.inf).max(1).values


def select(cache: dict, rows: np.ndarray) -> dict:
    """The cache of hypotheses `rows`; a hypothesis may be taken several times."""
    return {
        name: value[torch.as_tensor(rows, device=value.device)]
        if isinstance(value, torch.Tensor)
        else value[rows]
        for name, value in cache.items()
    }
