"""The sequences of the experiments, and what a network that sees what it should not gives away."""

import pytest
import torch
import torch.nn.functional as F

from papers.bidirectional_rnn.evidence import baseline, experiments


def test_a_class_says_whether_both_sides_are_heads():
    x, y = experiments.both_sides(torch.Generator().manual_seed(0), 40)
    assert set(x.unique().tolist()) == {-1.0, 1.0} and y.shape == (40, 14)
    for t in range(14):
        assert torch.equal(y[:, t] == 1, (x[:, t, 0] > 0) & (x[:, t + 6, 0] > 0))
    assert 0.15 < y.float().mean() < 0.35


def test_numbers_are_weighted_sums_of_those_around():
    x, y = experiments.smoothed(torch.Generator().manual_seed(0), 400)
    weights = experiments.weights()
    assert len(weights) == 13 and weights.argmax() == 4
    assert y[3, 10, 0].item() == pytest.approx((x[3, 6:19, 0] * weights).sum().item(), abs=1e-5)
    assert y[:, 10:20].var().item() == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("delay", [0, 1, 3])
def test_a_delay_lets_a_regular_network_see_so_many_steps_ahead(delay):
    torch.manual_seed(0)
    net = experiments.network(1, 1, 1)
    x = torch.randn(1, 9, 1)
    changed = x.clone()
    changed[0, 5] += 1
    before, after = (experiments.said(net, each, delay)[0, :, 0] for each in (x, changed))
    same = (before == after).tolist()
    assert len(same) == 9 and same == [t + delay < 5 for t in range(9)]


@pytest.mark.parametrize(("directions", "least", "most"), [(2, 0.0, 0.05), (1, 0.6, 0.8)])
def test_a_bidirectional_language_model_is_none(directions, least, most):
    """The next of coin tosses costs ln 2 nats; backward states have read it already."""

    def next_toss(rng, count):
        bits = torch.randint(2, (count, 13), generator=rng)
        return (2 * bits - 1).float()[..., None], bits[:, 1:]

    def loss(outputs, wanted):
        return F.cross_entropy(outputs[:, :-1].flatten(0, 1), wanted.flatten())

    torch.manual_seed(0)
    net = experiments.network(1, 2, directions)
    net = experiments.trained(net, next_toss, loss, seed=0, steps=150)
    x, y = next_toss(experiments.tested(0), 200)
    with torch.no_grad():
        assert least <= loss(experiments.said(net, x), y).item() <= most


def test_an_exclusive_or_of_both_sides_is_out_of_reach():
    """One step on each side would be enough, but what the outputs hear of them adds up."""

    def task(rng, count):
        bits = torch.randint(2, (count, 12), generator=rng)
        return (2 * bits - 1).float()[..., None], bits[:, :-2] ^ bits[:, 2:]

    def loss(outputs, wanted):
        return F.cross_entropy(outputs[:, 1:-1].flatten(0, 1), wanted.flatten())

    torch.manual_seed(0)
    net = experiments.trained(experiments.network(1, 2, 2), task, loss, seed=0, steps=150)
    x, y = task(experiments.tested(0), 500)
    with torch.no_grad():
        wrong = (experiments.said(net, x)[:, 1:-1].argmax(2) != y).float().mean().item()
    assert wrong > 0.2  # no additive score gets more than three of the four cases right


def test_a_bag_of_words_knows_words_and_no_order():
    train = [("a fine film", 1), ("a dull film", 0), ("fine and warm", 1), ("dull and slow", 0)] * 5
    bag = baseline.bag_of_words(train)
    assert bag.predict(["fine story", "slow story"]).tolist() == [1, 0]
    one, other = bag.predict_proba(["not dull but fine", "not fine but dull"])
    assert one == pytest.approx(other)
