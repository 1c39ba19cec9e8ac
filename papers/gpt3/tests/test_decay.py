"""Which weights decay: matrices do, biases and gains do not."""

from common.run.engine import Masters
from papers.gpt3.version2 import model


def test_biases_and_gains_do_not_decay():
    config = model.Config(context=8, band=2, d_model=8, heads=2, layers=2, weight_decay=0.1)
    net = model.GPT3(config, 11)
    learner = model.Learner(config, net, Masters(net.parameters()), seed=0)
    decay = {id(p): g["weight_decay"] for g in learner.optimizer.param_groups for p in g["params"]}
    decaying = {name for name, weight in net.named_parameters() if decay[id(weight)]}
    assert decaying == {name for name, weight in net.named_parameters() if weight.dim() > 1}
