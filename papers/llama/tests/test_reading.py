# Decide here: what must be true of this paper's models alone?
"""Reading on from what was read: the cache, the window that is full, the mask."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from common.exams.text import predictor
from papers.llama.evidence import twins
from papers.llama.version1 import model as model1
from papers.llama.version2 import model as model2

CONTEXT = 6
SIZES = {"context": CONTEXT, "d_model": 16, "heads": 2, "layers": 2, "dropout": 0.0}
NETS = [
    twins.randomised(build(model.Config(**SIZES), 7)).eval()
    for model, build in ((model1, model1.GPT), (model2, model2.GPT2))
]


def in_pieces(net, tokens, cuts):
    state, found, places = None, [], [0, *sorted(cuts), tokens.shape[1]]
    for start, end in zip(places, places[1:]):
        if end > start:
            scores, state = net.read(tokens[:, start:end], state)
            found.append(scores)
    return torch.cat(found, 1)


def literally(net, tokens):
    """Each score from the rule: read the whole window anew, go on with half when it is full."""
    window, found = tokens[:, :0], []
    for token in tokens.split(1, 1):
        if window.shape[1] == CONTEXT:
            window = window[:, CONTEXT - CONTEXT // 2 :]
        window = torch.cat([window, token], 1)
        found.append(net(window)[:, -1:])
    return torch.cat(found, 1)


@pytest.mark.parametrize("net", NETS, ids=["version1", "version2"])
@settings(max_examples=12, deadline=None, derandomize=True)
@given(data=st.data())
def test_reading_in_any_pieces_is_reading_by_the_rule(net, data):
    length = data.draw(st.integers(1, 16))
    cuts = data.draw(st.sets(st.integers(0, length)))
    tokens = torch.randint(7, (2, length), generator=torch.Generator().manual_seed(length))
    with torch.no_grad():
        assert torch.allclose(in_pieces(net, tokens, cuts), literally(net, tokens), atol=1e-5)


@pytest.mark.parametrize("net", NETS, ids=["version1", "version2"])
def test_the_future_changes_nothing_before_it(net):
    tokens = torch.randint(7, (3, CONTEXT), generator=torch.Generator().manual_seed(0))
    changed = tokens.clone()
    changed[:, 4:] = (changed[:, 4:] + 1) % 7
    a, b = net(tokens), net(changed)
    assert torch.equal(a[:, :4], b[:, :4])
    assert not torch.allclose(a[:, 4:], b[:, 4:])


def test_rows_of_a_batch_do_not_touch_each_other():
    net, tokens = NETS[1], torch.randint(7, (3, 9), generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        together = in_pieces(net, tokens, {2, 5})
        apart = torch.cat([in_pieces(net, row[None], {2, 5}) for row in tokens])
    assert torch.allclose(together, apart, atol=1e-5)


def test_a_state_whose_rows_were_chosen_goes_on_with_them():
    """What a beam search does: take rows of the state, in another order, and read on."""
    net, tokens = NETS[1], torch.tensor([[1, 2], [3, 4]])
    with torch.no_grad():
        _, state = net.read(tokens)
        chosen = {name: x[[1, 1, 0]] for name, x in state.items()}
        scores, _ = net.read(torch.tensor([[5], [6], [5]]), chosen)
        for row, text in enumerate(([3, 4, 5], [3, 4, 6], [1, 2, 5])):
            assert torch.allclose(scores[row, -1], net(torch.tensor([text]))[0, -1], atol=1e-5)


def test_long_windows_are_read_alike_by_the_fused_kernel(monkeypatch):
    net, tokens = NETS[1], torch.randint(7, (2, 5))
    with torch.no_grad():
        plain = in_pieces(net, tokens, {2})
        monkeypatch.setattr(model2, "FUSED_FROM", 1)
        assert torch.allclose(in_pieces(net, tokens, {2}), plain, atol=1e-5)


def test_dropout_is_for_training_only():
    config = model2.Config(**{**SIZES, "dropout": 0.5})
    net = model2.GPT2(config, 7)
    predict, tokens = predictor(net, net.read), torch.tensor([[1, 2, 3]])
    first, second = (predict(tokens.numpy(), None)[0] for _ in range(2))
    assert (first == second).all() and net.training
    assert not torch.equal(net(tokens), net(tokens))
