"""The versions beside implementations that we did not write, with the same weights."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec

import numpy as np
import torch

from common.data.images import load_torchvision
from common.evidence import measuring
from common.evidence.claims import NOT_MEASURED, Unmeasured
from common.run.compiled import compiled
from papers.mamba.version1 import model as model1
from papers.mamba.version3 import kernel
from papers.mamba.version3 import model as model3

SIZES = {"d_model": 12, "layers": 2, "states": 5, "rank": 3}
SYMBOLS = 11


@cache
def built():
    """The functions of version 3's C++, or None."""
    return compiled(kernel.CPP, *kernel.FLAGS)


@contextmanager
def as_trained():
    """Version 3 with its C++ at work where a compiler is found, as train.py has it."""
    before, model3.FUSED = model3.FUSED, built()
    try:
        yield
    finally:
        model3.FUSED = before


@cache
def library():
    """transformers' (MambaConfig, MambaForCausalLM)."""
    if find_spec("transformers") is None:
        raise Unmeasured(NOT_MEASURED, "transformers is not installed")
    if find_spec("torchvision"):
        load_torchvision()  # transformers imports it, and needs help where its build is another
    from transformers import MambaConfig, MambaForCausalLM, logging

    logging.set_verbosity_error()
    return MambaConfig, MambaForCausalLM


def published():
    """transformers' Mamba, small, with random weights of usual size."""
    MambaConfig, MambaForCausalLM = library()
    torch.manual_seed(0)
    net = MambaForCausalLM(
        MambaConfig(
            vocab_size=SYMBOLS,
            hidden_size=12,
            num_hidden_layers=2,
            state_size=5,
            time_step_rank=3,
            conv_kernel=4,
            expand=2,
        )
    )
    with torch.no_grad():
        for p in net.parameters():
            p.add_(torch.randn_like(p) * 0.2)
    return net.eval()


def pair(model=model3):
    """A version from the second on, and transformers' Mamba, with the same weights."""
    theirs = published()
    ours = model.Mamba(model.Config(**SIZES), SYMBOLS).published(theirs.state_dict())
    return ours, theirs


@as_trained()
def worst(model=model3) -> float:
    """The largest difference of scores and of all gradients."""
    ours, theirs = pair(model)
    tokens = torch.randint(SYMBOLS, (3, 37), generator=torch.Generator().manual_seed(1))
    scores, their_scores = ours(tokens)[0], theirs(tokens, use_cache=False).logits
    for found in (scores, their_scores):
        model.loss(found[:, :-1], tokens[:, 1:]).backward()
    slopes = {
        name.removeprefix("backbone.").replace("embeddings.", "embedding."): p.grad
        for name, p in theirs.named_parameters()
    }
    pairs = [(p.grad, slopes[name]) for name, p in ours.named_parameters()]
    return measuring.worst([(scores, their_scores), *pairs])


def drawn(kind=torch.float32):
    """What a scan takes: x, Delta, A, B, C and h, at sizes that fit no block or piece."""
    rng = torch.Generator().manual_seed(0)

    def draw(*shape):
        return torch.randn(*shape, generator=rng, dtype=kind)

    delta = draw(2, 70, 19).abs() * 0.3
    return (
        draw(2, 70, 19),
        delta,
        -8 * draw(5, 19).abs(),
        *(draw(2, 70, 5) for _ in "BC"),
        draw(2, 5, 19),
    )


@as_trained()
def worst_of_scans(model=model3) -> float:
    """The scan and its gradients, each as a share of the largest, beside mambapy's parallel scan,
    which begins at zero."""
    if find_spec("mambapy") is None:
        raise Unmeasured(NOT_MEASURED, "mambapy is not installed")
    from mambapy.pscan import pscan

    x, delta, a, b, c, h = drawn()
    given = [value.requires_grad_() for value in (x, delta, a, b, c)]
    ours, _ = model.selective_scan(*given, torch.zeros_like(h))
    decay = (delta[..., None] * a.t()).exp()  # batch, tokens, channels, states: as mambapy has it
    states = pscan(decay, (delta * x)[..., None] * b[:, :, None])
    theirs = (states * c[:, :, None]).sum(-1)
    slopes = [torch.autograd.grad(y.square().sum(), given) for y in (ours, theirs)]
    shares = [
        [slope / other.abs().max() for slope in (slope, other)] for slope, other in zip(*slopes)
    ]
    return measuring.worst([(ours, theirs), *shares])


def worst_of_steps() -> float:
    """Version 1's step, Eq. 4 by the formula for a diagonal A, beside scipy's zero-order hold."""
    from scipy.signal import cont2discrete

    rng, found = np.random.default_rng(0), []
    for _ in range(20):
        step, n = rng.uniform(0.01, 2.0), 3
        a, b, h, x = -rng.uniform(0.1, 8.0, n), rng.normal(size=n), rng.normal(size=n), 0.7
        a_bar, b_bar, *_ = cont2discrete(
            (np.diag(a), b[:, None], np.eye(n), np.zeros((n, 1))), step, method="zoh"
        )
        given = [[[x]]], [[[step]]], [a], [[b]], [[np.ones(n)]], [[h]]
        _, last = model1.selective_scan(*(torch.tensor(np.array(value)) for value in given))
        found.append((last[0, 0], torch.tensor(a_bar @ h + b_bar[:, 0] * x)))
    return measuring.worst(found)
