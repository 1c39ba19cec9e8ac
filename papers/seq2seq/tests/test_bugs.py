"""For each bug of evidence/deviations.py a test of what it breaks, without its invariant."""

import pytest
import torch

from common.run.engine import Masters
from papers.seq2seq.evidence.twins import SIZES, SOURCE, TARGET, toy
from papers.seq2seq.version2 import model


def test_a_sentence_has_the_same_scores_alone_and_beside_a_longer_one():
    """state_at_padding, padding_read_first"""
    net = toy(model)
    together = net.scores(SOURCE, TARGET[:, :-1])
    for row, (source, target) in enumerate(zip(SOURCE, TARGET)):
        alone = net.scores(source[None, source != model.PAD], target[None, :-1])
        assert torch.allclose(together[row], alone[0], atol=1e-5)


def test_what_is_said_of_padding_has_no_slope():
    """loss_over_padding"""
    scores = torch.randn(3, 4, 7, requires_grad=True)
    targets = torch.tensor([[3, 4, 5, 2], [6, 2, 0, 0], [2, 0, 0, 0]])
    model.loss(scores, targets).backward()
    told = scores.grad.abs().sum(2) > 0
    assert torch.equal(told, targets != model.PAD)


def test_a_decoder_with_the_weights_of_the_encoder_reads_on_where_it_ended():
    """cells_left_behind by the state, cell_gradient_lost by its slope.

    The encoder reads backwards, so what the decoder reads last stands first for it.
    """
    net, source, inputs = toy(model), SOURCE[:1], torch.tensor([[1, 8, 9]])
    net.decoder.load_state_dict(net.encoder.state_dict(), strict=False)
    by_two = net.decoder(inputs, net.encoder(source)[1])[1]
    by_one = net.encoder(torch.cat([inputs.flip(1), source], 1))[1]
    assert torch.allclose(by_two, by_one, atol=1e-6)

    embedding, words = net.encoder.embedding, source[0]  # of which `inputs` has none
    slopes = [torch.autograd.grad(s.square().sum(), embedding)[0] for s in (by_two, by_one)]
    assert (slopes[0][words] != 0).all()
    assert torch.allclose(slopes[0][words], slopes[1][words], atol=1e-5)


@pytest.mark.parametrize("limit", [1e-3, 1e3], ids=["above", "below"])
def test_a_gradient_above_the_limit_is_shortened_as_one_arrow(limit):
    """clip_by_matrix"""
    net, taken = toy(model), []
    value = model.loss(net.scores(SOURCE, TARGET[:, :-1]), TARGET[:, 1:])
    whole = joined(torch.autograd.grad(value, list(net.parameters())))
    config = model.Config(**SIZES, dropout=0.0, clip=limit)
    learner = model.Learner(config, net, Masters(net.parameters()), 0)
    learner.optimizer.step = lambda: taken.extend(p.grad for p in learner.masters.masters)
    learner.optimizer.zero_grad = lambda: None
    learner.step(SOURCE, TARGET, 0)
    expected = whole * min(1.0, limit / whole.norm().item())
    assert torch.allclose(joined(taken), expected, rtol=1e-3, atol=1e-9)


def joined(gradients):
    return torch.cat([gradient.flatten() for gradient in gradients])
