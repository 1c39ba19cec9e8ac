"""The network: what it sees, its cache, and what a user is shown of its maps."""

import pytest
import torch

from common.run.engine import Masters
from papers.differential_transformer import task
from papers.differential_transformer.evidence.injections import small
from papers.differential_transformer.version1 import ask as ask1
from papers.differential_transformer.version1 import model as model1
from papers.differential_transformer.version2 import ask as ask2
from papers.differential_transformer.version2 import model
from tests.exams import verse

SIZES = {"d_model": 16, "heads": 2, "layers": 2}
TOKENS = torch.arange(14).view(2, 7) * 5 % 7


def old():
    torch.manual_seed(0)
    return model1.DiffTransformer(model1.Config(**SIZES), 7)


@pytest.mark.parametrize("maps", [1, 2])
@pytest.mark.parametrize("pieces", [[7], [1] * 7, [3, 1, 3]])
def test_reading_on_gives_the_scores_of_the_whole(maps, pieces):
    net, state, found = small(model, maps=maps), None, []
    with torch.no_grad():
        for piece in TOKENS.split(pieces, 1):
            scores, state = net.read(piece, state)
            found.append(scores)
        assert torch.allclose(torch.cat(found, 1), net(TOKENS), atol=1e-4)


@pytest.mark.parametrize("pieces", [[7], [1] * 7, [5, 1, 1]])
def test_a_bounded_cache_keeps_the_last_tokens_and_gives_the_same_scores(pieces):
    net, state, found = small(model), None, []
    with torch.no_grad():
        whole, _ = net.read(TOKENS, None, 3)
        for piece in TOKENS.split(pieces, 1):
            scores, state = net.read(piece, state, 3)
            found.append(scores)
    assert state["key.1"].shape[2] == 3 and state["place"].tolist() == [7, 7]
    assert torch.allclose(torch.cat(found, 1), whole, atol=1e-4)
    assert torch.equal(whole[:, :3], net(TOKENS)[:, :3])
    assert not torch.allclose(whole, net(TOKENS), atol=1e-2)


@pytest.mark.parametrize("net", [old(), small(model), small(model, maps=1)])
def test_later_tokens_change_nothing_and_earlier_ones_do(net):
    changed = TOKENS.clone()
    changed[:, 4] = (changed[:, 4] + 1) % 7
    with torch.no_grad():
        before, after = net(TOKENS), net(changed)
    assert torch.equal(before[:, :4], after[:, :4])
    assert (before[:, 4:] != after[:, 4:]).any(2).all()


@pytest.mark.parametrize("net", [old(), small(model), small(model, maps=1)])
def test_a_look_inside_sees_what_the_network_does(net):
    with torch.no_grad():
        states = [x for _, _, x in net.look(TOKENS)]
        head = (lambda x: x @ net.head) if isinstance(net, model1.DiffTransformer) else net.head
        assert torch.allclose(head(net.norm(states[-1])), net(TOKENS), atol=1e-5)


@pytest.mark.parametrize(("ask", "net"), [(ask1, old()), (ask2, small(model))])
def test_the_difference_shown_is_that_of_the_two_maps_shown(ask, net):
    with torch.no_grad():
        layers = list(ask.maps(net, TOKENS[:1]))
    for layer, block in zip(layers, net.blocks, strict=True):
        lam = block.attention.lam
        lam = lam() if callable(lam) else lam
        one, two = layer["first map"], layer["second map"]
        assert torch.allclose(one.sum(-1), torch.ones(one.shape[:2]), atol=1e-5)
        assert torch.allclose(one - lam * two, layer["difference"], atol=1e-5)


def test_sizes_that_cannot_be_shared_are_refused():
    for wrong in ({"d_model": 18, "heads": 3}, {"maps": 3}):
        with pytest.raises(ValueError):
            model.Config(**wrong)
    with pytest.raises(ValueError):
        model1.Config(d_model=18, heads=3)


def test_no_needle_is_learned_to_be_predicted(tmp_path):
    """The loss of neither version looks at what is drawn at random."""
    exam = task.Exam(verse(tmp_path), quick=True)
    stretches = exam.batch(0, 2)
    scores = torch.zeros(*stretches.tokens.shape, exam.symbols)
    for module in (model1, model):
        before = module.loss(scores, stretches)
        for part, kinds, noticed in (("needle", 16 * 8, False), ("answer", 8, True)):
            first = getattr(exam.vocabulary, part)
            hot = (stretches.tokens >= first) & (stretches.tokens < first + kinds)
            other = scores.clone()
            other[:, :-1][hot[:, 1:]] = torch.randn(exam.symbols)
            assert torch.equal(module.loss(other, stretches), before) != noticed, part


@pytest.mark.parametrize("version", [model1, model])
def test_the_learner_learns_a_batch_by_heart(version, tmp_path):
    exam = task.Exam(verse(tmp_path), quick=True)
    torch.manual_seed(0)
    more = {"warmup": 5, "multiple": 1} if version is model else {}
    config = version.Config(**SIZES, learning_rate=0.02, steps=60, **more)
    net = version.DiffTransformer(config, exam.symbols)
    learner = version.Learner(config, net, Masters(net.parameters()))
    batch = exam.batch(0, 4)
    steps = [[i] if version is model else [] for i in range(60)]
    losses = [learner.step(batch, *more).item() for more in steps]
    assert losses[0] > 9 and losses[-1] < 5
