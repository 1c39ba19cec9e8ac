"""Version 2 and torch.nn.GRU with the same weights."""

from __future__ import annotations

import torch

from common.evidence import measuring
from papers.gru.version2 import model
from papers.rnn.version2.model import loss

SYMBOLS, HIDDEN, LAYERS = 7, 9, 2


def worst() -> float:
    """The largest difference of outputs, final states and all gradients, at random weights."""
    ours, theirs = pair()
    rng = torch.Generator().manual_seed(1)
    tokens = torch.randint(SYMBOLS, (3, 11), generator=rng)
    state = torch.randn(3, LAYERS, HIDDEN, generator=rng)
    scores, last = ours(tokens, state)
    read = torch.nn.functional.one_hot(tokens, SYMBOLS).float()
    states, their_last = theirs(read, state.transpose(0, 1).contiguous())
    w_hy, b_y = (p.detach().clone().requires_grad_() for p in (ours.w_hy, ours.b_y))
    their_scores = states @ w_hy + b_y
    loss(scores, tokens).backward()
    loss(their_scores, tokens).backward()
    pairs = [
        (scores, their_scores),
        (last, their_last.transpose(0, 1)),
        (ours.w_hy.grad, w_hy.grad),
        (ours.b_y.grad, b_y.grad),
    ]
    for n, layer in enumerate(ours.layers):
        pairs += [
            (layer.w.grad, getattr(theirs, f"weight_ih_l{n}").grad.t()),
            (layer.u.grad, getattr(theirs, f"weight_hh_l{n}").grad.t()),
            (layer.b.grad, getattr(theirs, f"bias_ih_l{n}").grad),
            (layer.b_n.grad, getattr(theirs, f"bias_hh_l{n}").grad[2 * HIDDEN :]),
        ]
    return measuring.worst(pairs)


def pair():
    """Version 2 and torch.nn.GRU, with the same random weights and biases."""
    torch.manual_seed(0)
    theirs = torch.nn.GRU(SYMBOLS, HIDDEN, LAYERS, batch_first=True)
    ours = model.GRU(model.Config(hidden=HIDDEN, layers=LAYERS), SYMBOLS)
    model.load_torch(ours, theirs.state_dict())
    torch.nn.init.normal_(ours.b_y)
    return ours, theirs
