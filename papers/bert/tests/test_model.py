"""What is hidden, what a place sees, and how the phases are learned."""

import pytest
import torch

from common.run.engine import Masters
from papers.bert.evidence import measures
from papers.bert.evidence.injections import PIECES, rows, small
from papers.bert.version1 import model as model1
from papers.bert.version2 import model as model2


def learner(steps=40, **changes):
    net = small(model2, learning_rate=0.01, pretrain_steps=steps, tune_rate=0.01, **changes)
    masters = Masters(net.parameters())
    return model2.Learner(net.config, net, masters, 0, PIECES)


def test_the_parameters_are_those_of_the_published_weights():
    found = [measures.parameters(size, heads) for size in ("base", "large")
             for heads in ((), measures.PRETRAINING)]  # fmt: skip
    assert found == [109_482_240, 110_106_428, 335_141_888, 336_226_108]


@pytest.mark.parametrize("version", [model1, model2])
def test_both_versions_have_as_many_parameters(version):
    with torch.device("meta"):
        net = version.BERT(version.Config(layers=2), 30_522)
    assert sum(p.numel() for p in net.parameters()) == 110_106_428 - 10 * 7_087_872 + 1_538


def test_of_what_is_chosen_eight_in_ten_are_hidden_and_one_stays():
    exact = measures.masking_rates()
    assert exact.value is True and exact.note.startswith("[MASK], the same, another: 79.")


def test_targets_are_the_tokens_that_were_chosen():
    torch.manual_seed(0)
    tokens = rows(100)
    seen, targets = model2.Hiding(PIECES, 0.3)(tokens)
    chosen = targets >= 0
    assert torch.equal(targets[chosen], tokens[chosen]) and chosen.any()
    assert torch.equal(seen[~chosen], tokens[~chosen])


def test_words_are_hidden_whole_and_special_tokens_never():
    torch.manual_seed(0)
    chosen = model2.Hiding(PIECES, 0.5).choose(rows(200))
    assert chosen[:, 1].any() and not chosen[:, 1].all()
    assert not chosen[rows(200) < 5].any()
    assert torch.equal(chosen[:, 2], chosen[:, 3]) and torch.equal(chosen[:, 3], chosen[:, 4])


def test_version1_hides_the_same_pieces_at_each_reading_and_special_ones_too():
    config = model1.Config(context=24, share=0.5)
    documents = [(n, [[5, 6, 7, 8, 9], [9, 8, 5]]) for n in range(40)]
    once, again = (model1.batch(documents, PIECES, config, 0) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(once, again, strict=True))
    assert ((once[1] == 2) | (once[1] == 3)).any()


def test_version1_pairs_begin_with_the_first_and_mark_the_second():
    config = model1.Config(context=24, share=0.0)
    documents = [(n, [[5, 6, 7], [8, 9]]) for n in range(60)]
    tokens, _, segments, follows = model1.batch(documents, PIECES, config, 0)
    assert (tokens[:, :5] == torch.tensor([2, 5, 6, 7, 3])).all()
    assert (segments[:, :5] == 0).all() and (segments[:, 5] == 1).all()
    assert 15 < follows.sum() < 45
    assert (tokens[follows == 0, 5:8] == torch.tensor([8, 9, 3])).all()


def test_a_class_is_read_from_its_own_row_alone():
    net = small(model2).eval()
    together, alone = net(rows(4)), torch.cat([net(row[None]) for row in rows(4)])
    assert torch.allclose(together, alone, atol=1e-5)


def test_plain_and_fused_attention_agree(monkeypatch):
    net = small(model2).eval()
    plain = net(rows())
    monkeypatch.setattr(model2, "FUSED_FROM", 0)
    assert torch.allclose(net(rows()), plain, atol=1e-5)


def test_a_learner_learns_rows_by_heart():
    found = learner(120)
    losses = [found.pretrain(rows(32), i).item() for i in range(120)]
    assert sum(losses[-10:]) < 0.5 * sum(losses[:10])


def test_pre_training_asks_for_hidden_words_alone():
    found = learner()
    before = [p.detach().clone() for p in found.net.follows.parameters()]
    found.pretrain(rows(), 0)
    assert all(torch.equal(a, b) for a, b in zip(before, found.net.follows.parameters()))


def test_matrices_decay_and_vectors_do_not():
    for group in learner().optimizer.param_groups:
        assert {p.dim() > 1 for p in group["params"]} == {group["weight_decay"] > 0}


def test_it_tells_classes_after_tuning():
    net = small(model2, tune_rate=0.01)
    tuner = model2.Learner(net.config, net, Masters(net.parameters()), 0, tuning=60)
    tokens, labels = rows(), torch.tensor([0, 0, 1, 1])
    for i in range(60):
        tuner.tune(tokens, labels, i)
    assert torch.equal(net(tokens).argmax(1), labels)


def test_the_second_question_adds_its_loss():
    net = small(model2).eval()
    targets = rows().masked_fill(rows() < 5, -1)
    without = net(rows(), None, targets)
    asked = net(rows(), torch.zeros_like(targets), targets, torch.tensor([0, 1, 0, 1]))
    assert torch.allclose(without[:, 0], asked[:, 0]) and (without[:, 1] == 0).all()
    assert (asked[:, 1] > 0).all()


def test_the_rate_rises_to_its_peak_and_falls_along_a_line():
    for model in (model1, model2):
        rates = [model.learning_rate(i, 1.0, 4, 12) for i in range(12)]
        assert rates[:5] == [0.25, 0.5, 0.75, 1.0, 1.0] and rates[8] == 0.5 and rates[11] == 0.125


def test_heads_must_divide_the_width():
    for model in (model1, model2):
        with pytest.raises(ValueError, match="multiple of heads"):
            model.Config(heads=5)
