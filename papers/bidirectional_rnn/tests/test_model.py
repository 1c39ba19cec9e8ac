"""The networks: how they read, what they tell, and what version 1 hears of padding."""

import pytest
import torch

from common.run.engine import Masters
from papers.bidirectional_rnn.version1 import model as model1
from papers.bidirectional_rnn.version2 import model

SMALL = {"embedding": 6, "hidden": 5}
LENGTHS = torch.tensor([2, 6, 1, 4])


@pytest.fixture
def tokens():
    drawn = torch.randint(2, 9, (4, 6), generator=torch.Generator().manual_seed(0))
    return drawn * (torch.arange(6) < LENGTHS[:, None])


@pytest.fixture
def net():
    torch.manual_seed(0)
    return model.BRNN(model.Config(**SMALL), 9).eval()


def test_every_word_is_read_once_and_in_order():
    sentence, step, running = model.packed(LENGTHS)
    assert running == [4, 3, 2, 2, 1, 1] and sum(running) == LENGTHS.sum()
    read = sorted(zip(sentence.tolist(), step.tolist(), strict=True))
    assert read == [(b, t) for b, length in enumerate(LENGTHS.tolist()) for t in range(length)]
    assert step.tolist() == sorted(step.tolist())
    for start, count in zip((0, 4, 7, 9, 11), running, strict=False):
        longest = sorted(range(4), key=lambda b: -LENGTHS[b])[:count]
        assert sentence[start : start + count].tolist() == longest


def test_states_are_those_of_a_plain_loop(net, tokens):
    """Word by word, sentence by sentence, direction by direction."""
    x = net.embed(tokens)
    states = net.states(x, LENGTHS)
    for b, length in enumerate(LENGTHS.tolist()):
        for d, order in enumerate((range(length), reversed(range(length)))):
            h = torch.zeros(5)
            for t in order:
                h = torch.tanh(x[b, t] @ net.w_x[d] + h @ net.w_h[d] + net.b_h[d, 0])
                assert torch.allclose(states[b, t, 5 * d : 5 * d + 5], h, atol=1e-6)
        assert (states[b, length:] == 0).all()


def test_an_answer_is_the_mean_of_the_outputs(net, tokens):
    outputs, answers = net.outputs(tokens, LENGTHS), net(tokens, LENGTHS)
    for b, length in enumerate(LENGTHS.tolist()):
        assert torch.allclose(answers[b], outputs[b, :length].mean(0), atol=1e-6)


def test_no_answer_depends_on_the_rest_of_the_batch(net, tokens):
    together = net(tokens, LENGTHS)
    for b, length in enumerate(LENGTHS.tolist()):
        alone = net(tokens[b : b + 1, :length], LENGTHS[b : b + 1])
        assert torch.allclose(together[b], alone[0], atol=1e-6)


def test_version1_gives_other_answers_in_longer_batches(tokens):
    """Its mistake, which it keeps."""
    torch.manual_seed(0)
    old = model1.BRNN(model1.Config(**SMALL), 9)
    short = old(tokens[:1, :2])
    assert not torch.allclose(old(tokens[:1]), short, atol=1e-3)


def test_version1_has_read_one_word_backwards_when_it_answers(tokens):
    torch.manual_seed(0)
    old = model1.BRNN(model1.Config(**SMALL), 9)
    changed = tokens.clone()
    changed[:, 0] = (changed[:, 0] + 1) % 9
    (_, backward), (_, other) = old.states(tokens), old.states(changed)
    assert torch.equal(backward[:, -1], other[:, -1]) and not torch.equal(backward, other)


def test_version1_never_teaches_its_backward_recurrence(tokens):
    """No error comes to it: the one backward state that is looked at came from a state of zeros."""
    torch.manual_seed(0)
    old = model1.BRNN(model1.Config(**SMALL), 9)
    model1.loss(old(tokens), torch.tensor([0, 1, 1, 0])).backward()
    assert not old.back.w_h.grad.any() and old.back.w_x.grad.any() and old.ahead.w_h.grad.any()


def test_one_direction_reads_forward(tokens):
    torch.manual_seed(0)
    net = model.BRNN(model.Config(**SMALL, directions=1), 9).eval()
    changed = tokens.clone()
    changed[1, 3] = 8 if tokens[1, 3] != 8 else 7
    a, b = (net.outputs(each, LENGTHS)[1] for each in (tokens, changed))
    assert torch.equal(a[:3], b[:3]) and not torch.allclose(a[3:], b[3:])


def test_dropout_leaves_out_the_same_sizes_at_all_words():
    torch.manual_seed(0)
    net = model.BRNN(model.Config(embedding=40, hidden=5, dropout=0.5), 9).train()
    kept = net.drop(torch.ones(3, 7, 40))
    assert set(kept.unique().tolist()) == {0.0, 2.0}
    assert (kept == kept[:, :1]).all() and not (kept[0] == kept[1]).all()


@pytest.mark.parametrize(("share", "low", "high"), [(0.0, 0, 0), (0.4, 0.3, 0.5), (1.0, 1, 1)])
def test_words_are_forgotten_in_training_alone(share, low, high):
    torch.manual_seed(0)
    net = model.BRNN(model.Config(embedding=2, hidden=2, dropout=0.0, forgotten=share), 9)
    tokens = torch.full((50, 40), 5)
    lost = (net.train().embed(tokens) == net.embeddings[model.UNKNOWN]).all(2).float().mean()
    assert low <= lost <= high
    assert torch.equal(net.eval().embed(tokens)[0, 0], net.embeddings[5])


@pytest.mark.parametrize("version", [model1, model])
def test_the_learner_learns_a_few_sentences_by_heart(version, tokens):
    torch.manual_seed(0)
    config = version.Config(embedding=16, hidden=16, steps=200, learning_rate=0.02)
    net = version.BRNN(config, 9)
    labels, masters = torch.tensor([0, 1, 1, 0]), Masters(net.parameters())
    if version is model1:
        learner = version.Learner(config, net, masters)
        losses = [learner.step(tokens, labels).item() for _ in range(200)]
    else:
        learner = version.Learner(config, net, masters, 0)
        losses = [learner.step(tokens, LENGTHS, labels, i).item() for i in range(200)]
        assert not net.training
    assert losses[0] > 0.5 and sum(losses[-20:]) / 20 < 0.1
