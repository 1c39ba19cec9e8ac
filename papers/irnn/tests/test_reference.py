# Decide here: what must be true of this paper's models alone?
"""The optimizers against implementations that we did not write, and against each other."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from papers.irnn.evidence import measures, twins
from papers.irnn.version1 import model as model1
from papers.irnn.version2 import model as model2

EXACT = [
    measures.version1_is_torch_adam,
    measures.versions_agree,
    measures.one_tensor_with_penalty,
    measures.amsgrad_is_torch,
    measures.adamax_is_torch,
]


@pytest.mark.parametrize("check", EXACT, ids=lambda check: check.__name__)
def test_rules_are_those_of_torch(check):
    assert check().worst <= 1e-12


@pytest.mark.parametrize("theirs", [{"foreach": True}, {"foreach": False}])
def test_version2_is_torch_adamw_bit_for_bit(theirs):
    assert twins.adamw_difference(100, **theirs) == 0


def test_version2_is_close_to_the_fused_kernel():
    assert 0 < twins.adamw_difference(20, foreach=None, fused=True) < 1e-5


def test_the_comparison_notices_a_wrong_epsilon():
    def rule(*arguments):
        return twins.adam(*arguments, epsilon=1.01e-8)

    assert twins.difference(rule, torch.optim.Adam) > 1e-9


def test_amsgrad_as_published_is_not_that_of_torch():
    assert twins.difference(twins.amsgrad, torch.optim.Adam, amsgrad=True) > 1e-2


def test_adamax_as_published_is_not_that_of_torch():
    assert twins.difference(twins.adamax, torch.optim.Adamax) > 1e-5


@settings(max_examples=30, deadline=None)
@given(
    numbers=st.lists(st.floats(-10, 10, width=32), min_size=1, max_size=20),
    lr=st.floats(1e-5, 1.0),
    beta1=st.floats(0, 0.99),
    beta2=st.floats(0, 0.9999),
    decay=st.floats(0, 1),
)
def test_any_setting_gives_what_torch_gives(numbers, lr, beta1, beta2, decay):
    ours, theirs = (torch.ones(3, 2, dtype=torch.float64).requires_grad_() for _ in range(2))
    chosen = {"lr": lr, "betas": (beta1, beta2), "weight_decay": decay}
    pair = (model2.AdamW([ours], **chosen), torch.optim.AdamW([theirs], **chosen))
    for number in numbers:
        for optimizer, p in zip(pair, (ours, theirs)):
            p.grad = torch.full_like(p, number)
            optimizer.step()
    assert torch.allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_version1_miscounts_with_more_than_one_tensor():
    """The mistake that is kept: the second tensor's first step is taken for its second."""
    thetas = [torch.zeros(1), torch.zeros(1)]
    model1.Adam(thetas, model1.Config()).step([torch.ones(1), torch.ones(1)])
    assert thetas[0].item() == pytest.approx(-0.001, rel=1e-4)
    assert thetas[1].item() != pytest.approx(-0.001, rel=0.1)
