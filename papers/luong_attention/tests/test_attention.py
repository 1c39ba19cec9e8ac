"""Scores, windows and steps: the claims hold, and their measures notice what is wrong."""

import pytest
import torch

from common.evidence.deviations import injection
from common.paper import room
from papers.luong_attention.evidence import measures, twins
from papers.luong_attention.version1 import model as model1
from papers.luong_attention.version2 import model

EXACT = (
    measures.general_with_identity_is_dot,
    measures.scores_are_the_formulas,
    measures.concat_without_tanh_is_deaf,
    measures.windows_end_where_they_should,
    measures.a_wide_window_is_the_whole_sentence,
    measures.gaussian_has_deviation_half_the_window,
    measures.steps_are_teacher_forcing,
    measures.padding_changes_nothing,
    measures.feeding_widens_one_layer,
)


@pytest.mark.parametrize("measure", EXACT, ids=lambda measure: measure.__name__)
def test_what_is_exact_holds(measure):
    found = measure()
    assert abs(found.value - found.expected) <= found.tolerance


def test_the_place_is_equation_9_and_a_real_number():
    attention, h, memory = measures.looking("general", "local-p")
    found = attention.places(h, memory["lengths"], measures.STEPS)
    for b in range(3):
        for t in range(5):
            inner = attention.v_p @ (h[b, t] @ attention.w_p).tanh()
            wanted = memory["lengths"][b] / (1 + torch.exp(-inner))
            torch.testing.assert_close(found[b, t], wanted)
    assert not torch.equal(found, found.round())


@pytest.mark.parametrize("measure", [measures.dot_is_torchs, measures.nets_are_of_torchs_parts])
def test_outputs_and_gradients_are_those_of_torch(measure):
    found = measure()
    assert found.worst <= found.tolerance


def test_the_comparisons_notice_a_wrong_scale(monkeypatch):
    scores = model.Attention.scores
    monkeypatch.setattr(model.Attention, "scores", lambda *given: 0.99 * scores(*given))
    for found in (measures.dot_is_torchs(), measures.nets_are_of_torchs_parts()):
        assert found.worst > 3 * found.tolerance


def test_a_cells_gradient_is_that_of_finite_differences():
    z, c = (torch.randn(3, n, dtype=torch.float64, requires_grad=True) for n in (20, 5))
    assert torch.autograd.gradcheck(model.Cell.apply, (z, c))


@pytest.mark.parametrize("score", model.SCORES)
@pytest.mark.parametrize("window", model.WINDOWS)
def test_the_loop_gives_what_all_at_once_gives(score, window):
    """Without feeding both ways are open: the loop of decoding, and one product."""
    net = twins.toy(False, score, window=window, span=2)
    at_once, weights = net.write(twins.SOURCE, twins.TARGET)
    cache = net.start(twins.SOURCE)
    for t, z in enumerate(net.words(twins.TARGET).unbind(1), 1):
        h, a = net.advance(cache, z, net.matrices(), t)
        torch.testing.assert_close(h, at_once[:, t - 1], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(a, weights[:, t - 1], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("window", model.WINDOWS)
def test_version_1_is_version_2_where_its_slips_do_not_matter(window):
    """Without padding, without feeding, h~_t not squashed; in windows that stay inside, and with a
    place that is whole."""
    sizes = {"hidden": 9, "width": 6, "layers": 2, "score": "general", "window": window, "span": 1}
    torch.manual_seed(0)
    old = model1.Luong(model1.Config(**sizes, bound=0.5), 20)
    with injection(room("luong_attention"), "version2", "linear_attentional"):
        new = model.Luong(model.Config(**sizes, feed=False, dropout=0.0), 20)
        copy(old, new)
        source, inputs = torch.randint(3, 20, (4, 7)), torch.randint(3, 20, (4, 5))
        states = old.start(source), new.start(source)
        torch.testing.assert_close(states[0]["state"], states[1]["state"], atol=1e-5, rtol=1e-5)
        h = torch.randn(4, 9)
        if window == "local-p":
            whole_place(old), whole_place(new.attention)
        c, _ = old.look(h, states[0], 3)
        found, _ = new.attention(h[:, None], states[1], torch.tensor([4]))
        torch.testing.assert_close(found[:, 0], old.attentional(h, c), atol=1e-5, rtol=1e-5)
        if window == "global":
            scores = [net.scores(source, inputs) for net in (old, new)]
            torch.testing.assert_close(*scores, atol=1e-5, rtol=1e-5)


def whole_place(net):
    """p_t in the middle: of seven words the fourth, which version 1 has by its floor; version 2
    counts from 1 and is given a share of 4 / 7."""
    with torch.no_grad():
        net.v_p.zero_()
    if isinstance(net, model.Attention):
        net.places = lambda h, lengths, t: (4 / 7 * lengths)[:, None].expand(h.shape[:2]).round()


def copy(old, new):
    """Version 1's weights into version 2: gates i, f, o, g there, o, i, f, g here."""
    with torch.no_grad():
        sides = ((old.encoder, new.encoder), (old.decoder, new))
        for network, ours in sides:
            ours.embedding.copy_(network.embedding)
            for layer, mine in zip(network.layers, ours.layers):
                for name in ("w_x", "w_h", "b"):
                    i, f, o, g = getattr(layer, name).chunk(4, -1)
                    getattr(mine, name).copy_(torch.cat([o, i, f, g], -1).t())
        new.attention.w_a.copy_(old.w_a)
        new.attention.w_c.copy_(old.w_c)
        new.w_s.copy_(old.w_s)


def test_long_sentences_are_judged_by_the_share_of_bleu_that_is_kept():
    """A net that falls from 4 to 1 has lost more than one that falls from 20 to 10."""
    bleu = {"version2": (20.0, 10.0), "version2+no_attention": (4.0, 1.0)}

    class View:
        def values(self, variant, name):
            return {0: bleu[variant][("bleu_short", "bleu_long").index(name)]}

    pair = measures.long_sentences(View())
    assert (pair.better, pair.worse, pair.sign) == ({0: 0.5}, {0: 0.25}, +1)


def test_location_ignores_words_near_the_end_of_long_sentences():
    """Footnote 6."""
    net = twins.toy(True, "location")
    source = torch.full((1, model.LONGEST + 3), 5)
    _, a = net.write(source, twins.TARGET[:1])
    assert a[..., model.LONGEST :].max() == 0 and a[..., : model.LONGEST].min() > 0
    torch.testing.assert_close(a.sum(2), torch.ones(1, 5))


@pytest.mark.parametrize("window", ["local-m", "local-p"])
def test_no_window_is_empty_however_long_the_target(window):
    net = twins.toy(True, "general", window=window, span=1)
    assert torch.isfinite(net.scores(twins.SOURCE, torch.full((3, 30), 4))).all()


@pytest.mark.parametrize("wrong", [{"score": "add"}, {"window": "local"}, {"span": 0}])
def test_a_config_that_means_nothing_is_refused(wrong):
    with pytest.raises(ValueError, match="must be of"):
        twins.toy(True, **{"score": "dot", **wrong})


def test_no_two_layers_begin_alike():
    net = twins.toy(False)
    assert not torch.equal(*(layer.w_h for layer in net.layers))


def test_dropout_acts_in_training_alone():
    net = twins.toy(True, dropout=0.5)
    given = twins.SOURCE, twins.TARGET
    assert not torch.equal(net.scores(*given), net.scores(*given))
    net.eval()
    assert torch.equal(net.scores(*given), net.scores(*given))
