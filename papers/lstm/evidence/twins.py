"""Both versions beside implementations that we did not write, with the same weights."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from common.evidence import measuring
from papers.lstm.version1 import model as model1
from papers.lstm.version2 import model as model2

OPEN = 40.0  # a forget gate with this bias is open: the sigmoid is 1


def pair(model=model2, symbols: int = 7, hidden: int = 9, layers: int = 2):
    """Version 2 and torch.nn.LSTM with a linear readout, with the same weights."""
    torch.manual_seed(0)
    theirs = torch.nn.LSTM(symbols, hidden, layers, batch_first=True)
    readout = torch.nn.Linear(hidden, symbols)
    ours = model.LSTM(model.Config(hidden=hidden, layers=layers), symbols)
    with torch.no_grad():
        for n, layer in enumerate(ours.layers):
            layer.load_state_dict(model.from_torch(theirs.state_dict(), n).state_dict())
        ours.w_y.copy_(readout.weight.t()), ours.b_y.copy_(readout.bias)
    return ours, theirs, readout


def worst(model=model2) -> float:
    """The largest difference of scores, final state and all gradients, at random weights."""
    ours, theirs, readout = pair(model)
    rng = torch.Generator().manual_seed(1)
    tokens, state = torch.randint(7, (3, 11), generator=rng), torch.randn(3, 2, 2, 9, generator=rng)
    scores, last = ours(tokens, state)
    h, c = (state[:, :, n].transpose(0, 1).contiguous() for n in (0, 1))
    outputs, their_last = theirs(F.one_hot(tokens, 7).float(), (h, c))
    their_scores = readout(outputs)
    last_of_theirs = torch.stack(their_last, 2).transpose(0, 1)  # as ours: streams first
    for found, end in ((scores, last), (their_scores, last_of_theirs)):
        (model.loss(found, tokens) + end.square().mean()).backward()
    pairs = [(scores, their_scores), (last, last_of_theirs)]
    pairs += [(ours.w_y.grad, readout.weight.grad.t()), (ours.b_y.grad, readout.bias.grad)]
    slopes = {name: p.grad for name, p in theirs.named_parameters()}
    for n, layer in enumerate(ours.layers):
        # Both of torch's biases have the one gradient, and reading them adds them up.
        wanted = model.from_torch(slopes | {f"bias_hh_l{n}": slopes[f"bias_ih_l{n}"] * 0}, n)
        pairs += [(p.grad, q) for p, q in zip(layer.parameters(), wanted.parameters(), strict=True)]
    return measuring.worst(pairs)


def worst_of_1997() -> float:
    """Version 1's scores against torch.nn.LSTM whose forget gates are always open.

    Blocks of one cell; gates that see no gates, as in torch. Then g(x) = 2 tanh(x / 2) and
    h(s) = tanh(s / 2), so with c = s / 2 only the weights of g have to be halved.
    """
    symbols, hidden, rng = 6, 5, np.random.default_rng(0)
    config = model1.Config(blocks=hidden, size=1, weight_scale=0.8, input_bias=-0.5)
    weights = model1.initialise(config, symbols, symbols, rng)
    gates = slice(symbols + hidden, symbols + 3 * hidden)
    weights["w"][:, gates] = 0  # what they see of gates
    theirs, readout = torch.nn.LSTM(symbols, hidden, batch_first=True), weights["w_y"]
    g, i, o = (torch.as_tensor(w, dtype=torch.float32) for w in np.split(weights["w"], 3))
    f = torch.zeros_like(g)
    f[:, -1] = OPEN
    w = torch.cat([i, f, g / 2, o])
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(w[:, :symbols])
        theirs.weight_hh_l0.copy_(w[:, symbols : symbols + hidden])
        theirs.bias_ih_l0.copy_(w[:, -1]), theirs.bias_hh_l0.zero_()
        tokens = rng.integers(symbols, size=(2, 12))
        outputs, _ = theirs(F.one_hot(torch.as_tensor(tokens), symbols).float())
        y = outputs.double() @ torch.as_tensor(readout[:, :-1].T) + torch.as_tensor(readout[:, -1])
    ours, _ = model1.predict(weights, tokens, None)
    return measuring.worst([(ours, y.log_softmax(-1))])


def worst_of_traces(size: int = 2, blocks: int = 3) -> float:
    """Version 1's gradient from traces against torch's autograd over the unrolled network, in
    which what comes back as an input is detached: the truncation of App. A.1."""
    symbols, rng = 5, np.random.default_rng(0)
    config = model1.Config(blocks, size, weight_scale=0.8, input_bias=-0.5, output_bias=0.3)
    weights = model1.initialise(config, symbols, symbols, rng)
    text = rng.integers(symbols, size=14)
    memory = model1.Memory(weights)
    loss, gradients = model1.loss_and_gradients(weights, text[:-1], text[1:], memory)
    free = {name: torch.tensor(w, requires_grad=True) for name, w in weights.items()}
    unrolled = _unrolled(free, text, blocks, size)
    unrolled.backward()
    pairs = [(free[name].grad, gradient) for name, gradient in gradients.items()]
    return measuring.worst([(unrolled, loss), *pairs])


def _unrolled(weights, text, k: int, size: int):
    """The summed loss, step by step as the paper's Sec. 4 has it."""
    w, w_y, c = weights["w"], weights["w_y"], k * size
    s, units, total = w.new_zeros(c), w.new_zeros(c + 2 * k), w.new_zeros(())
    for x, target in zip(text[:-1], text[1:], strict=True):
        symbol = torch.eye(len(w_y), dtype=w.dtype)[x]
        net = w @ torch.cat([symbol, units.detach(), w.new_ones(1)])
        net_c, y_in, y_out = net[:c], net[c : c + k].sigmoid(), net[c + k :].sigmoid()
        s = s + y_in.repeat_interleave(size) * (4 * net_c.sigmoid() - 2)
        y_c = y_out.repeat_interleave(size) * (2 * s.sigmoid() - 1)
        units = torch.cat([y_c, y_in, y_out])
        total = total - (w_y @ torch.cat([y_c, w.new_ones(1)])).log_softmax(0)[target]
    return total
