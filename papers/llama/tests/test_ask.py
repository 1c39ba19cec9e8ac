"""Maps of attention: causal, and the weights that the nets use."""

import pytest
import torch

from common.commands.doors import doors
from common.paper import rooms
from papers.llama.version1 import ask as ask1
from papers.llama.version1 import model as model1
from papers.llama.version2 import ask as ask2
from papers.llama.version2 import model as model2

HOME = rooms()["llama"]
SIZES = {"context": 10, "d_model": 16, "heads": 2, "layers": 2, "multiple": 8}
TOKENS = torch.tensor([[1, 2, 3, 4, 5, 6, 0, 1, 2]])


def net_of(model):
    torch.manual_seed(0)
    net = model.Llama(model.Config(**SIZES), 7).eval()
    with torch.no_grad():
        for p in net.parameters():
            if p.dim() > 1:
                p.normal_(std=0.4)
    return net


@pytest.mark.parametrize(("model", "ask"), [(model1, ask1), (model2, ask2)])
def test_maps_are_causal_and_sum_to_one(model, ask):
    assert doors(HOME, model.__name__.split(".")[2]) == ["generate", "chat", "attend"]
    with torch.no_grad():
        layers = list(ask.maps(net_of(model), TOKENS))
    assert [layer.shape for layer in layers] == [(2, 9, 9)] * 2
    for weights in layers:
        assert torch.allclose(weights.sum(-1), torch.ones(2, 9), atol=1e-5)
        assert (weights.triu(1) == 0).all()


def test_maps_are_the_weights_the_net_uses(monkeypatch):
    """With every value replaced by its place, attention gives the mean place under the map."""
    seen, real, net = [], model2.attend, net_of(model2)

    def spying(q, k, v, hidden):
        places = torch.eye(k.shape[-2]).expand(*k.shape[:-1], -1)
        seen.append(real(q, k, places, hidden)[0])
        return real(q, k, v, hidden)

    with torch.no_grad():
        maps = list(ask2.maps(net, TOKENS))
        monkeypatch.setattr(model2, "attend", spying)
        net(TOKENS)
    for used, layer in zip(seen, maps, strict=True):
        assert torch.allclose(used, layer, atol=1e-5)


def test_maps_of_version1_are_the_weights_it_uses(monkeypatch):
    seen, net = [], net_of(model1)
    real = torch.Tensor.softmax

    def spying(x, dim):
        seen.append(real(x, dim)[0])
        return real(x, dim)

    with torch.no_grad():
        maps = list(ask1.maps(net, TOKENS))
        monkeypatch.setattr(torch.Tensor, "softmax", spying)
        net(TOKENS)
    for used, layer in zip(seen, maps, strict=True):
        assert torch.allclose(used, layer, atol=1e-5)


def test_version1_writes_by_reading_again():
    net = net_of(model1)
    with torch.no_grad():
        whole, _ = net.read(TOKENS)
        _, seen = ask1.read_again(net, TOKENS[:, :4])
        late, _ = ask1.read_again(net, TOKENS[:, 4:], seen)
    assert torch.allclose(late, whole[:, 4:], atol=1e-5)
