"""The gates that `papers units --gates` shows turn each state into the next."""

import numpy as np
import pytest
import torch

from papers.gru.version2 import model
from papers.gru.version2.ask import gates, inside


def test_gates_are_those_of_the_equations():
    torch.manual_seed(0)
    net = model.GRU(model.Config(hidden=6, input_std=0.7), 5)
    layer, tokens, state = net.layers[0], np.array([[1], [4], [2]]), None
    torch.nn.init.normal_(layer.b_n)
    with torch.no_grad():
        for _ in range(3):
            found, before = gates(net, tokens, state), state
            _, state = net(torch.as_tensor(tokens), state)
            h = torch.zeros(3, 6) if before is None else before[:, 0]
            a, said = (layer.w + layer.b)[tokens[:, 0]], h @ layer.u
            n = (a[:, 12:] + found["reset"] * (said[:, 12:] + layer.b_n)).tanh()
            expected = (1 - found["update"]) * n + found["update"] * h
            assert inside(state)["hidden"] == pytest.approx(expected.numpy(), abs=1e-5)
