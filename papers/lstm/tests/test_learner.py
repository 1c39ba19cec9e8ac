"""How the versions learn, and what goes on from step to step."""

import numpy as np
import torch

from common.run.engine import Masters
from papers.lstm.version1 import model as model1
from papers.lstm.version2 import model as model2


def learner2(config, symbols=5, seed=0):
    torch.manual_seed(0)
    net = model2.LSTM(config, symbols)
    return model2.Learner(config, net, Masters(net.parameters()), seed)


def test_version1_goes_on_where_it_was_and_moves_against_the_gradient():
    config = model1.Config(sequence=4, learning_rate=0.3, weight_scale=0.5, input_bias=0.0)
    learner = model1.Learner(config, 5, np.random.default_rng(0))
    text = np.random.default_rng(1).integers(5, size=40)
    memory = model1.Memory(learner.weights)
    for i in range(3):
        before = {name: w.copy() for name, w in learner.weights.items()}
        start = 4 * i
        _, gradients = model1.loss_and_gradients(
            before, text[start : start + 4], text[start + 1 : start + 5], memory
        )
        learner.step(text, i)
        for name, w in learner.weights.items():
            assert np.allclose(w, before[name] - 0.3 / 4 * gradients[name], atol=1e-12)
    assert np.allclose(learner.memory.s, memory.s)


def test_version1_begins_anew_where_the_text_does():
    learner = model1.Learner(model1.Config(sequence=4), 5, np.random.default_rng(0))
    text = np.random.default_rng(1).integers(5, size=13)  # three pieces
    for i in range(3):
        learner.step(text, i)
    weights = {name: w.copy() for name, w in learner.weights.items()}
    fresh = model1.Memory(weights)
    model1.loss_and_gradients(weights, text[:4], text[1:5], fresh)
    learner.step(text, 3)
    for name, kept in vars(fresh).items():
        assert np.array_equal(kept, getattr(learner.memory, name)), name


def test_cells_of_1997_drift_on_a_stream_and_later_ones_do_not():
    """What Gers et al. mend: a cell that keeps all it is offered grows without end."""
    config = model1.Config(blocks=8, weight_scale=0.5, input_bias=2.0)
    rng = np.random.default_rng(0)
    weights, tokens = model1.initialise(config, 5, 5, rng), rng.integers(5, size=(1, 2000))
    _, (s, _) = model1.predict(weights, tokens, None)
    torch.manual_seed(0)
    _, state = model2.LSTM(model2.Config(hidden=16), 5)(torch.as_tensor(tokens))
    assert np.abs(s).max() > 50 > 10 * state[:, :, 1].abs().max()


def test_version2_overfits_one_chunk():
    config = model2.Config(hidden=32, layers=2, sequence=10, batch=2, learning_rate=2e-2, steps=400)
    learner = learner2(config)
    rows = torch.randint(5, (2, 11), generator=torch.Generator().manual_seed(0))
    losses = [learner.step(rows, i).item() for i in range(300)]
    assert losses[0] > 1.0 and losses[-1] < 0.05


def test_reading_in_chunks_is_reading_the_whole():
    torch.manual_seed(0)
    net, rows = model2.LSTM(model2.Config(hidden=8), 7), torch.randint(7, (3, 31))
    whole, _ = net(rows[:, :30])
    state, parts = net.begin(3), []
    for i in range(6):
        inputs, _, anew = model2.chunk(rows, i, 5)
        scores, state = net(inputs, model2.carry(state, anew))
        parts.append(scores)
    assert torch.allclose(torch.cat(parts, dim=1), whole, atol=1e-5)


def test_dropout_is_a_function_of_seed_and_step():
    config = model2.Config(hidden=8, dropout=0.5, sequence=5, batch=2)
    rows = torch.randint(5, (2, 31), generator=torch.Generator().manual_seed(0))
    losses = []
    for seed in (0, 0, 1):
        learner = learner2(config, seed=seed)
        torch.rand(len(losses))  # whatever else is drawn in between
        losses.append([learner.step(rows, i).item() for i in range(3)])
    assert losses[0] == losses[1] != losses[2]


def test_nothing_is_dropped_when_the_exam_is_sat():
    torch.manual_seed(0)
    net, tokens = model2.LSTM(model2.Config(hidden=8, dropout=0.9), 5), torch.randint(5, (2, 6))
    net.eval()
    assert torch.equal(net(tokens)[0], net(tokens)[0])
    net.train()
    assert not torch.equal(net(tokens)[0], net(tokens)[0])


def test_layers_begin_differently_and_with_open_forget_gates():
    torch.manual_seed(0)
    net = model2.LSTM(model2.Config(hidden=6, layers=3), 6)
    first, second, _ = net.layers
    assert not torch.equal(first.w_x, second.w_x)
    for layer in net.layers:
        assert layer.b.chunk(4)[model2.GATES.index("f")].eq(1).all() and layer.b.sum() == 6
        for gate in layer.w_h.chunk(4):
            assert torch.allclose(gate @ gate.t(), torch.eye(6), atol=1e-5)
