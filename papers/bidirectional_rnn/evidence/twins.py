"""Our networks and torch.nn.RNN(bidirectional=True) with the same weights."""

from __future__ import annotations

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from papers.bidirectional_rnn.version1 import model as model1
from papers.bidirectional_rnn.version2 import model as model2

E, H, SYMBOLS = 5, 7, 11
LENGTHS = torch.tensor([3, 8, 1, 6])


def tokens() -> torch.Tensor:
    """A batch of sentences of LENGTHS, with 0 behind their ends."""
    drawn = torch.randint(1, SYMBOLS, (4, 8), generator=torch.Generator().manual_seed(1))
    return drawn * (torch.arange(8) < LENGTHS[:, None])


def of_torch(directions) -> torch.nn.RNN:
    """torch's network with the weights (w_x, w_h, b) of both directions."""
    theirs = torch.nn.RNN(E, H, batch_first=True, bidirectional=True)
    with torch.no_grad():
        for end, (w_x, w_h, b) in zip(("", "_reverse"), directions, strict=True):
            getattr(theirs, f"weight_ih_l0{end}").copy_(w_x.t())
            getattr(theirs, f"weight_hh_l0{end}").copy_(w_h.t())
            getattr(theirs, f"bias_ih_l0{end}").copy_(b)
            getattr(theirs, f"bias_hh_l0{end}").zero_()
    return theirs


def version2():
    """A network with random biases, and torch's."""
    torch.manual_seed(0)
    ours = model2.BRNN(model2.Config(embedding=E, hidden=H), SYMBOLS).eval()
    torch.nn.init.normal_(ours.b_h)
    return ours, of_torch(zip(ours.w_x, ours.w_h, ours.b_h[:, 0], strict=True))


def version2_pairs(ours, theirs):
    """Pairs (ours, theirs): states of packed sentences, and gradients of a loss of all of them."""
    x = torch.randn(4, 8, E, generator=torch.Generator().manual_seed(2))
    x, copy = x.requires_grad_(), x.detach().clone().requires_grad_()
    states = ours.states(x, LENGTHS)
    packed = pack_padded_sequence(copy, LENGTHS, batch_first=True, enforce_sorted=False)
    their_states, _ = pad_packed_sequence(theirs(packed)[0], batch_first=True)
    wanted = torch.randn(4, 8, 2 * H, generator=torch.Generator().manual_seed(3))
    for found in (states, their_states):
        (found * wanted).sum().backward()
    ends = ("", "_reverse")
    weights = {"w_x": "weight_ih_l0", "w_h": "weight_hh_l0", "b_h": "bias_ih_l0"}
    pairs = [(states, their_states), (x.grad, copy.grad)]
    for name, their_name in weights.items():
        for ours_grad, end in zip(getattr(ours, name).grad, ends, strict=True):
            their_grad = getattr(theirs, their_name + end).grad
            pairs.append((ours_grad.t() if name != "b_h" else ours_grad[0], their_grad))
    return pairs


def version1_pairs():
    """Pairs (ours, theirs): version 1's states, and torch's where nothing is packed."""
    torch.manual_seed(0)
    ours = model1.BRNN(model1.Config(embedding=E, hidden=H), SYMBOLS)
    theirs = of_torch([(way.w_x, way.w_h, way.b) for way in (ours.ahead, ours.back)])
    states, _ = theirs(ours.embeddings[tokens()])
    return list(zip(ours.states(tokens()), states.chunk(2, 2), strict=True))


def versions_pairs():
    """Pairs (version 1, version 2): outputs and gradients where all sentences are equally long."""
    torch.manual_seed(0)
    old = model1.BRNN(model1.Config(embedding=E, hidden=H), SYMBOLS)
    new = model2.BRNN(model2.Config(embedding=E, hidden=H), SYMBOLS).eval()
    ways = (old.ahead, old.back)
    with torch.no_grad():
        new.embeddings.copy_(old.embeddings)
        for i, way in enumerate(ways):
            new.w_x[i], new.w_h[i], new.b_h[i, 0] = way.w_x, way.w_h, way.b
        new.w_y.copy_(torch.cat([old.w_f, old.w_b]))
    sentences = tokens()[1:2].repeat(3, 1)  # (3, 8): without padding
    ours, theirs = old.outputs(sentences), new.outputs(sentences, torch.tensor([8, 8, 8]))
    for found in (ours, theirs):
        found.square().sum().backward()
    pairs = [(ours, theirs), (old.embeddings.grad, new.embeddings.grad)]
    for i, way in enumerate(ways):
        pairs += [(way.w_x.grad, new.w_x.grad[i]), (way.w_h.grad, new.w_h.grad[i])]
    return pairs
