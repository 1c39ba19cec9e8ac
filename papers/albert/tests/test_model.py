"""One layer for all depths, pairs and their order, what is hidden, and how it is learned."""

from types import SimpleNamespace

import pytest
import torch

from common.run.engine import Masters
from papers.albert.evidence import experiments, measures
from papers.albert.evidence.injections import LONE, PIECES, TEXT, learner, row, small
from papers.albert.task import Exam
from papers.albert.version1 import model as model1
from papers.albert.version2 import model as model2


def test_the_layer_learns_from_all_depths_at_once():
    assert measures.gradient_is_the_sum().value < 1e-12


def test_the_work_is_that_of_separate_layers():
    assert measures.same_work().value == 1


def test_without_sharing_and_narrow_table_it_is_bert():
    assert measures.bert_is_the_case_without_sharing().value < 1e-6


def test_version1_has_a_layer_for_each_depth_that_begins_alike():
    config = model1.Config(pieces=9, context=8, embedding=4, d_model=8, heads=2, layers=3)
    net = model1.ALBERT(config, 9)
    assert len({id(layer.feed.w_1) for layer in net.layers}) == 3
    assert all(torch.equal(layer.feed.w_1, net.layers[0].feed.w_1) for layer in net.layers)


def test_layers_in_groups_follow_each_other():
    net = small(model2, layers=4)
    net.layers.append(model2.Layer(net.config))
    assert [net.layer(n) is net.layers[0] for n in range(4)] == [True, True, False, False]


def test_segments_stand_in_one_of_two_orders_and_a_lone_sentence_is_cut():
    torch.manual_seed(0)
    cuts = {len(model2.halves(TEXT)[0]) for _ in range(60)}
    assert cuts == {4, 6}  # between sentences alone
    assert {len(model2.halves(LONE)[0]) for _ in range(60)} == {1, 2, 3, 4}
    assert model2.halves([[7]]) == ([7], [])
    for text in (TEXT, LONE):
        share = sum(model2.pair(text, text)[2] for _ in range(400)) / 400
        assert 0.4 < share < 0.6


def test_rows_have_their_special_tokens_and_are_cut_to_the_context():
    tokens, segments, swapped = model2.rows_of([([5], [6, 7], 0), ([8], [], 1)], [0, 2, 3], 16)
    assert tokens.tolist() == [[2, 5, 3, 6, 7, 3], [2, 8, 3, 3, 0, 0]]
    assert segments.tolist() == [[0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 0, 0]]
    assert swapped.tolist() == [0, 1]
    assert model2.rows_of([([5] * 20, [6] * 9, 0)], [0, 2, 3], 16)[0].shape == (1, 16)


def test_version1_gives_a_lone_sentence_a_strange_second():
    rng = torch.Generator().manual_seed(0)
    assert model1.pair(LONE, TEXT, rng) == (LONE[0], TEXT[0], 1)
    found = [model1.pair(TEXT, LONE, rng) for _ in range(40)]
    assert {swapped for *_, swapped in found} == {0, 1}
    assert all(sorted(a + b) == sorted(sum(TEXT, [])) for a, b, _ in found)


@pytest.mark.parametrize("lengths", [(30, 30), (2, 40), (40, 2), (3, 4)])
def test_version1_cuts_pairs_to_the_context(lengths):
    config = model1.Config(context=24, share=0.0)
    first, second = ([n] * length for n, length in zip((5, 9), lengths))
    rng = torch.Generator().manual_seed(0)
    tokens, targets, segments = model1.example(first, second, PIECES, config, rng)
    assert len(tokens) == min(24, sum(lengths) + 3) and (targets == -1).all()
    assert (tokens[segments == 1] != 5).all() and (tokens[segments == 0] != 9).all()
    assert {5, 9} <= set(tokens.tolist())


@pytest.mark.parametrize("longest", [1, 2, 3])
def test_fifteen_percent_of_words_are_chosen_however_long_the_runs(longest):
    torch.manual_seed(0)
    chosen = model2.Hiding(PIECES, 0.15, longest).choose(row(4000))
    assert not chosen[:, [0, -1]].any()
    assert abs(chosen[:, 6:-1].float().mean() - 0.15) < 0.006


def test_runs_of_one_are_words_that_do_not_depend_on_each_other():
    torch.manual_seed(0)
    chosen = model2.Hiding(PIECES, 0.3, 1).choose(row(6000)).float()
    assert torch.equal(chosen[:, 2], chosen[:, 3])
    assert abs((chosen[:, 7] * chosen[:, 8]).mean() - 0.09) < 0.015


def test_the_same_step_learns_the_same_and_another_not():
    found = []
    for i in (3, 3, 4):
        net = small(model2)
        losses = learner(model2, net).pretrain([TEXT, LONE], i)
        assert losses["loss"] == losses["hidden"] + losses["order"]
        found.append(net.layers[0].first.weight)
    assert torch.equal(found[0], found[1]) and not torch.equal(found[0], found[2])


@pytest.mark.parametrize("model", [model1, model2])
def test_order_is_judged_on_what_was_swapped(model):
    sizes = {"pieces": 10, "context": 16, "embedding": 8, "d_model": 16, "heads": 2, "layers": 2}
    net = model.ALBERT(model.Config(**sizes), 10)
    judged = model.Learner(net.config, net, Masters(net.parameters()), 0, PIECES)
    with torch.no_grad():  # equal scores, of which the first is taken: never swapped
        for name, p in net.named_parameters():
            p.mul_("follows" not in name)
    pairs = [([5], [9], 0), ([9], [5], 1), ([6], [7], 1), ([5, 5], [9], 1)]
    assert judged.wrong_orders([pairs[:2], pairs[2:]]) == 75


def test_the_exam_has_as_many_pairs_in_order_as_swapped():
    parts = [TEXT, TEXT[:2], LONE, [[5, 6, 7]], [[9]]]
    pairs = sum(Exam.held_out(SimpleNamespace(held_out_stretches=lambda: parts)), [])
    assert pairs[0] == (TEXT[0], TEXT[1] + TEXT[2], 0) and pairs[1] == (TEXT[1], TEXT[0], 1)
    assert pairs[2] == (LONE[0][:2], LONE[0][2:], 0) and pairs[3] == ([6, 7], [5], 1)
    assert len(pairs) == 5


def test_made_texts_go_from_hour_to_hour_on_one_topic():
    for made in experiments.texts(50, 0):
        words = [[experiments.PIECES[i] for i in sentence] for sentence in made]
        hours = [experiments.HOURS.index(hour) for hour, *_ in words]
        assert hours == sorted(set(hours)) and len(hours) == 4
        assert any({topic for _, topic, _ in words} <= set(each) for each in experiments.TOPICS)
