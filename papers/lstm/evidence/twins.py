# Decide here: whose implementation computes the same with our weights in it?
"""Version 2 and torch.nn.RNN with the same weights."""

from __future__ import annotations

import torch

from common.evidence import measuring
from papers.lstm.version2 import model


def worst() -> float:
    """The largest difference of outputs, final state and all gradients, at random weights."""
    ours, theirs, readout = pair(symbols=7, hidden=9)
    tokens = torch.randint(7, (3, 11), generator=torch.Generator().manual_seed(1))
    h = torch.randn(3, 9, generator=torch.Generator().manual_seed(2))
    scores, last = ours(tokens, h)
    states, their_last = theirs(torch.nn.functional.one_hot(tokens, 7).float(), h[None])
    their_scores = readout(states)
    model.loss(scores, tokens).backward()
    model.loss(their_scores, tokens).backward()
    pairs = [
        (scores, their_scores),
        (last, their_last[0]),
        (ours.w_xh.grad, theirs.weight_ih_l0.grad.t()),
        (ours.w_hh.grad, theirs.weight_hh_l0.grad.t()),
        (ours.b_h.grad, theirs.bias_ih_l0.grad),
        (ours.w_hy.grad, readout.weight.grad.t()),
        (ours.b_y.grad, readout.bias.grad),
    ]
    return measuring.worst(pairs)


def pair(symbols: int, hidden: int):
    """Version 2 and torch.nn.RNN with a linear readout, with the same weights."""
    torch.manual_seed(0)
    ours = model.RNN(model.Config(hidden=hidden), symbols)
    theirs = torch.nn.RNN(symbols, hidden, batch_first=True)
    readout = torch.nn.Linear(hidden, symbols)
    with torch.no_grad():
        ours.b_h.normal_(), ours.b_y.normal_()
        theirs.weight_ih_l0.copy_(ours.w_xh.t()), theirs.weight_hh_l0.copy_(ours.w_hh.t())
        theirs.bias_ih_l0.copy_(ours.b_h), theirs.bias_hh_l0.zero_()
        readout.weight.copy_(ours.w_hy.t()), readout.bias.copy_(ours.b_y)
    return ours, theirs, readout
