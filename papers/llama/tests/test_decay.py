# Decide here: what must be true of this paper's models alone?
"""Which weights decay: matrices and embeddings do, biases and gains do not."""

from common.run.engine import Masters
from papers.llama.version2 import model


def test_biases_and_gains_do_not_decay():
    config = model.Config(context=8, d_model=8, heads=2, layers=1, weight_decay=0.1)
    net = model.GPT2(config, 11)
    learner = model.Learner(config, net, Masters(net.parameters()), seed=0)
    decay = {id(p): g["weight_decay"] for g in learner.optimizer.param_groups for p in g["params"]}
    assert len(decay) == len(list(net.parameters()))
    for name, weight in net.named_parameters():
        assert decay[id(weight)] == (0.1 if weight.dim() > 1 else 0.0), name
