"""Maps of attention: causal, in the band, and the weights that the nets use."""

import pytest
import torch

from common.commands.doors import doors
from common.paper import rooms
from papers.gpt3.evidence import twins
from papers.gpt3.version1 import ask as ask1
from papers.gpt3.version1 import model as model1
from papers.gpt3.version2 import ask as ask2
from papers.gpt3.version2 import model as model2

TOKENS = twins.some_tokens(1)
NETS = [
    (ask1, twins.ours(model1, model1.GPT3, 2, twins.BAND - 1), 1),
    (ask2, twins.ours(model2, model2.GPT3, 2, twins.BAND), 0),
]


@pytest.mark.parametrize(("ask", "net", "banded"), NETS, ids=["version1", "version2"])
def test_maps_are_causal_keep_to_the_band_and_sum_to_one(ask, net, banded):
    assert {"generate", "chat", "attend"} <= set(doors(rooms()["gpt3"]))
    with torch.no_grad():
        layers = list(ask.maps(net, TOKENS))
    assert [layer.shape for layer in layers] == [(4, 12, 12)] * 2
    for n, weights in enumerate(layers):
        assert torch.allclose(weights.sum(-1), torch.ones(4, 12), atol=1e-5)
        assert (weights.triu(1) == 0).all()
        assert bool((weights.tril(-twins.BAND) == 0).all()) == (n == banded)


def test_maps_are_the_weights_the_net_uses(monkeypatch):
    """With every value replaced by its place, attention gives the mean place under the map."""
    net, seen = NETS[1][1], []
    dense, banded = model2.gpt2.attend, model2.banded

    def spying(real):
        def attend(q, k, v, *rest):
            places = torch.eye(12).expand(*k.shape[:-1], -1)
            seen.append(real(q, k, places, *rest)[0])
            return real(q, k, v, *rest)

        return attend

    with torch.no_grad():
        maps = list(ask2.maps(net, TOKENS))
        monkeypatch.setattr(model2.gpt2, "attend", spying(dense))
        monkeypatch.setattr(model2, "banded", spying(banded))
        net(TOKENS)
    for used, layer in zip(seen, maps, strict=True):
        assert torch.allclose(used, layer, atol=1e-5)
