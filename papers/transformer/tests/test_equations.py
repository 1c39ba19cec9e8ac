"""Version 3 against the paper's equations, each written out again in the plainest way."""

import math

import pytest
import torch

from papers.transformer.version3 import model

CONFIG = model.Config(d_model=12, d_ff=20, heads=3, layers=2, dropout=0.0, warmup=10, steps=40)


@pytest.fixture
def net():
    torch.manual_seed(0)
    return model.Transformer(CONFIG, 11).eval()


def test_what_enters_is_the_scaled_embedding_and_the_sinusoid_of_each_place(net):
    """Sec. 3.4 and 3.5, number by number."""
    tokens = torch.tensor([[4, 9, 4]])
    found = net.embed(tokens)[0]  # (T, D)
    for pos, token in enumerate(tokens[0].tolist()):
        for i in range(12):
            angle = pos / 10000 ** ((i - i % 2) / 12)
            place = math.cos(angle) if i % 2 else math.sin(angle)
            wanted = math.sqrt(12) * net.embedding[token, i].item() + place
            assert found[pos, i].item() == pytest.approx(wanted, abs=1e-5)


def test_padding_is_no_part_of_the_loss():
    """Sec. 5.4, word by word: 1 - epsilon on the word, epsilon / V on every word of V."""
    scores = torch.randn(2, 3, 7, generator=torch.Generator().manual_seed(1))
    targets = torch.tensor([[4, 5, 6], [3, model.PAD, model.PAD]])
    costs = []
    for row, wanted in zip(scores.flatten(0, 1), targets.flatten().tolist()):
        if wanted != model.PAD:
            log_p = row - row.exp().sum().log()
            costs.append(-(0.9 * log_p[wanted] + 0.1 * log_p.mean()).item())
    found = model.loss(scores, targets, 0.1).item()
    assert found == pytest.approx(sum(costs) / len(costs), abs=1e-6)


def test_what_may_not_be_seen_has_no_weight_however_large_its_score(net):
    """Eq. 1 with a mask: the words behind the bar are as if they were not there."""
    hidden = model.bar_padding(torch.tensor([[4, model.PAD]]))
    q, k = torch.full((1, 1, 1, 2), 300.0), torch.tensor([[-300.0, -300.0], [300.0, 300.0]])
    v = torch.tensor([[2.0, 3.0], [5.0, 7.0]])
    found = model.attend(q, k.view(1, 1, 2, 2), v.view(1, 1, 2, 2), hidden)
    assert found.flatten().tolist() == [2.0, 3.0]
    future = model.bar_future(3, "cpu")[0, 0]
    assert future.triu(1)[0, 1:].tolist() == [-math.inf, -math.inf]
    assert future.tril().tolist() == [[0.0] * 3] * 3


def test_the_rate_rises_to_its_peak_and_ends_one_step_before_zero():
    rates = [model.learning_rate(step, CONFIG) / CONFIG.rate for step in range(1, 41)]
    assert rates[0] == pytest.approx(1 / 10)
    assert (max(rates), rates.index(max(rates))) == (1.0, 9)
    assert rates[-1] == pytest.approx(1 / 30)
    assert rates[9:] == sorted(rates[9:], reverse=True)
