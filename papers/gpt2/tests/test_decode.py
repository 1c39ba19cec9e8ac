"""The quick decoder reads as the net does, in any pieces, in both dtypes, with any deviation."""

import pytest
import torch

from common.evidence.deviations import find_deviation, injected
from common.paper import room
from papers.gpt2.evidence import twins
from papers.gpt2.version2 import model
from papers.gpt2.version2.decode import Decoder

CONTEXT = 6


def a_net(dtype=torch.float32):
    config = model.Config(context=CONTEXT, d_model=16, heads=2, layers=2, dropout=0.0)
    torch.manual_seed(0)
    return twins.randomised(model.GPT2(config, 7)).eval().to(dtype)


def read(reader, tokens, cuts=range(1, 16)):
    state, found, places = None, [], [0, *cuts, tokens.shape[1]]
    with torch.inference_mode():
        for start, end in zip(places, places[1:]):
            scores, state = reader.read(tokens[:, start:end], state)
            found.append(scores)
    return torch.cat(found, 1)


def some_tokens(rows):
    return torch.randint(7, (rows, 16), generator=torch.Generator().manual_seed(3))


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("cuts", [range(1, 16), [3, 4, 5, 6, 7, 11, 12], [5, 9]])
def test_scores_are_those_of_the_net_beyond_full_windows(rows, cuts):
    net, tokens = a_net(), some_tokens(rows)
    assert torch.allclose(read(Decoder(net), tokens, cuts), read(net, tokens, cuts), atol=1e-5)


def test_bfloat16_is_as_near_to_float32_as_the_net_is():
    exact, tokens = read(a_net(), some_tokens(3)), some_tokens(3)
    net = a_net(torch.bfloat16)
    worst = [(read(reader, tokens) - exact).abs().max() for reader in (Decoder(net), net)]
    assert 0 < worst[0] < 2 * worst[1]


@pytest.mark.parametrize("deviation", ["post_norm", "exact_gelu", "untied_head"])
def test_a_deviation_reaches_the_decoder(deviation):
    tokens = some_tokens(2)
    right = read(Decoder(a_net()), tokens)
    with injected(model, find_deviation(room("gpt2"), deviation)):
        net = a_net()
        found = read(Decoder(net), tokens)
        assert torch.allclose(found, read(net, tokens), atol=1e-5)
    assert not torch.allclose(found, right, atol=1e-4)


def test_rows_of_its_state_can_be_chosen():
    decoder, tokens = Decoder(a_net()), some_tokens(2)
    with torch.inference_mode():
        _, state = decoder.read(tokens[:, :2])
        _, state = decoder.read(tokens[:, 2:3], state)
        chosen = {name: x[[1, 1, 0]] for name, x in state.items()}
        found, _ = decoder.read(torch.tensor([[5], [6], [5]]), chosen)
        for row, (source, last) in enumerate([(1, 5), (1, 6), (0, 5)]):
            text = torch.cat([tokens[source, :3], torch.tensor([last])])[None]
            assert torch.allclose(found[row, -1], decoder.net(text)[0, -1], atol=1e-5)
