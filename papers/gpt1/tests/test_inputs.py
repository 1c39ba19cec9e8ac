"""Rows of tokens as in Fig. 1, and what pre-training reads."""

import pytest
import torch

from papers.gpt1 import task
from papers.gpt1.version1 import model as model1
from papers.gpt1.version2 import model as model2

S, D, E = model2.START, model2.DELIMITER, model2.EXTRACT


def test_each_task_has_its_rows():
    assert task.classification([7, 8]) == [S, 7, 8, E]
    assert task.entailment([7], [8, 9]) == [S, 7, D, 8, 9, E]
    assert task.similarity([7], [8]) == [[S, 7, D, 8, E], [S, 8, D, 7, E]]
    rows = task.multiple_choice([7], [[8], [9], [10]])
    assert rows == [[S, 7, D, answer, E] for answer in (8, 9, 10)]


@pytest.mark.parametrize("model", [model1, model2])
def test_a_padded_batch_has_the_same_rows(model):
    tokens, lengths = torch.tensor([[7, 8, 9], [7, 0, 0]]), torch.tensor([3, 1])
    rows = model.framed(tokens, lengths)
    assert rows.tolist() == [[S, 7, 8, 9, E], [S, 7, E, 0, 0]]
    assert rows[1, :3].tolist() == task.classification([7])


def test_what_the_head_reads_is_the_extract_token():
    tokens, lengths = torch.tensor([[7, 8, 9], [7, 0, 0]]), torch.tensor([3, 1])
    rows = model2.framed(tokens, lengths)
    assert model2.answered(rows[..., None], lengths)[:, 0].tolist() == [E, E]


@pytest.mark.parametrize("model", [model1, model2])
def test_pre_training_meets_start_and_extract(model):
    assert model.document([[5, 6], [7]]) == [S, 5, 6, 7, E]


@pytest.mark.parametrize("version", ["version1", "version2"])
def test_padding_is_no_target_and_text_is(version):
    model = model1 if version == "version1" else model2
    torch.manual_seed(0)
    made = model1.GPT if version == "version1" else model2.GPT1
    net = made(model.Config(context=8, d_model=8, heads=2, layers=1, dropout=0.0, std=0.5), 11)

    def loss(*rows):
        rows = torch.tensor(rows)
        return model.language_loss(net.losses(rows)[:, 0], rows).item()

    short = loss([S, 5, 6, E])
    assert loss([S, 5, 6, E, 0, 0]) == pytest.approx(short, rel=1e-5)
    both = loss([S, 5, 6, E, 0, 0], [S, 5, 7, 8, 9, E])
    assert both == pytest.approx((3 * short + 5 * loss([S, 5, 7, 8, 9, E])) / 8, rel=1e-5)
    assert loss([S, 5, 7, E]) != pytest.approx(short, rel=1e-3)


def test_version1_reads_its_answer_from_padding_and_version2_does_not():
    torch.manual_seed(0)
    sizes = {"context": 8, "d_model": 8, "heads": 2, "layers": 1, "dropout": 0.0, "std": 0.5}
    short, long = torch.tensor([[5, 6]]), torch.tensor([[5, 6, 0, 0]])
    for net, same in ((model1.GPT(model1.Config(**sizes), 11), False),
                      (model2.GPT1(model2.Config(**sizes), 11), True)):  # fmt: skip
        one, other = (net.classify(rows, torch.tensor([2])) for rows in (short, long))
        assert torch.allclose(one, other, atol=1e-6) == same
