"""How both versions begin and read."""

import numpy as np
import pytest
import torch

from papers.irnn.version1 import model as model1
from papers.irnn.version2 import model as model2


def test_version1_begins_as_the_paper_says():
    weights = model1.initialise(model1.Config(), 10, np.random.default_rng(0))
    assert np.array_equal(weights["w_hh"], np.eye(100))
    assert not weights["b_h"].any() and not weights["b_y"].any()
    drawn = np.concatenate([weights["w_xh"], weights["w_hy"].ravel()])
    assert drawn.std() == pytest.approx(0.001, rel=0.1) and abs(drawn.mean()) < 1e-4


@pytest.mark.parametrize("identity", [1.0, 0.01])
def test_version2_begins_as_its_config_says(identity):
    torch.manual_seed(0)
    config = model2.Config(identity=identity, input_std=0.5, output_std=0.2)
    net = model2.IRNN(config, 10)
    assert torch.equal(net.layer.w_hh, identity * torch.eye(100))
    assert not net.layer.b_h.any() and not net.b_y.any()
    assert net.layer.w_xh.std().item() == pytest.approx(0.5, rel=0.2)
    assert net.w_hy.std().item() == pytest.approx(0.2, rel=0.1)


def test_the_state_goes_on_where_it_was():
    torch.manual_seed(0)
    layer, x = model2.Layer(3, 8, input_std=0.5), torch.randn(2, 12, 3)
    whole, last = layer(x)
    first, h = layer(x[:, :7])
    second, end = layer(x[:, 7:], h)
    assert torch.allclose(whole, torch.cat([first, second], 1), atol=1e-6)
    assert torch.allclose(last, end, atol=1e-6) and torch.equal(whole[:, -1], last)


def test_the_middle_is_taken_from_each_pixel():
    torch.manual_seed(0)
    changes = {"hidden": 8, "input_std": 0.5}
    plain, centred = (model2.IRNN(model2.Config(**changes, centre=c), 10) for c in (0.0, 0.3))
    centred.load_state_dict(plain.state_dict())
    x = torch.rand(3, 6)
    assert torch.allclose(centred(x + 0.3), plain(x), atol=1e-5)
    assert not torch.allclose(centred(x), plain(x), atol=1e-3)


def test_a_centre_is_a_bias():
    """Taking c from each pixel is a first bias of -c w_xh."""
    torch.manual_seed(0)
    changes = {"hidden": 8, "input_std": 0.5, "output_std": 0.5}
    plain, centred = (model2.IRNN(model2.Config(**changes, centre=c), 10) for c in (0.0, 0.3))
    centred.load_state_dict(plain.state_dict())
    with torch.no_grad():
        plain.layer.b_h.copy_(-0.3 * plain.layer.w_xh[0])
    x = torch.rand(3, 6)
    assert torch.allclose(centred(x), plain(x), atol=1e-5)
