"""What `papers units --gates` shows of version 3 is what its scan is given."""

import numpy as np
import torch

from papers.mamba.version3 import model
from papers.mamba.version3.ask import inside, opened


def test_gates_and_states_are_those_of_the_scan(monkeypatch):
    torch.manual_seed(0)
    net, state, given = model.Mamba(model.Config(d_model=16, layers=2, states=4), 7), None, []
    real = model.selective_scan
    monkeypatch.setattr(model, "selective_scan", lambda *x: given.append(x[1]) or real(*x))
    with torch.no_grad():
        for token in (3, 1, 4, 1, 5):
            tokens = np.array([[token], [token + 1]])
            found = opened(net, tokens, state)
            given.clear()
            _, state = net(torch.as_tensor(tokens), state)
            assert len(given) == len(found) == 2
            for n, delta in enumerate(given, 1):
                wanted = 1 - (-delta[:, 0]).exp()
                assert torch.allclose(found[f"layer {n} Delta"], wanted, atol=1e-6)
    shown = inside(state, 4)
    assert torch.equal(shown["layer 2 state"], state[:, 1, 3]) and len(shown) == 2
