"""The gates that `papers units --gates` shows turn each cell into the next."""

import numpy as np
import pytest
import torch

from papers.lstm.version2 import model
from papers.lstm.version2.ask import gates, inside


def test_gates_are_those_of_the_equations():
    torch.manual_seed(0)
    net = model.LSTM(model.Config(hidden=6), 5)
    layer, tokens, state = net.layers[0], np.array([[1], [4], [2]]), None
    with torch.no_grad():
        for _ in range(3):
            found, before = gates(net, tokens, state), state
            _, state = net(torch.as_tensor(tokens), state)
            h, c = torch.zeros(2, 3, 6) if before is None else before[:, 0].unbind(1)
            g = (layer.w_x.t()[tokens[:, 0]] + h @ layer.w_h.t() + layer.b)[:, 18:].tanh()
            c = found["forget"] * c + found["input"] * g
            h = found["output"] * c.tanh()
            seen = [x for name, x in inside(state).items() if "layer 2" not in name]
            for got, expected in zip(seen, (c, h), strict=True):
                assert got == pytest.approx(expected.numpy(), abs=1e-5)
