"""How each deviation is put back into version 2, and what holds without it.

Pairs of functions: the first gets version 2's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

COMPUTE = np.array([1e9, 3e9, 1e10, 3e10])
TRUE = (300.0, -0.3, 1.5)  # a, b, c of the law that made losses follow


def made(model):
    """Losses without noise of a law with a floor."""
    return model.Law(*TRUE).at(COMPUTE)


def small(model, **changes):
    """A net of toy size; most of its products are those of the head."""
    torch.manual_seed(0)
    sizes = {"context": 4, "d_model": 16, "heads": 2, "layers": 1, "std": 0.1, **changes}
    return model.GPT2(model.Config(**sizes), 200)


# -- training ------------------------------------------------------------------------------------


def constant_rate(model):
    real = model.learning_rate
    return {"learning_rate": lambda i, config: real(i, dataclasses.replace(config, ends=False))}


def long_cycle(model):
    real = model.learning_rate

    def learning_rate(i, config):
        return real(i, dataclasses.replace(config, steps=2 * config.steps))

    return {"learning_rate": learning_rate}


def rate_ends_with_the_run(model):
    config = model.Config(warmup=10, steps=300)
    rates = [model.learning_rate(i, config) for i in range(300)]
    assert max(rates) == config.learning_rate
    assert rates[-1] < 1e-3 * max(rates)


def one_std(model):
    class Small(model.GPT2):
        def __init__(self, config, symbols):
            super().__init__(dataclasses.replace(config, std=0.02), symbols)

    return {"GPT2": Small}


def matrices_begin_as_the_size_says(model):
    assert math.isclose(small(model, std=0.3).wte.weight.std().item(), 0.3, rel_tol=0.1)


# -- the forecast --------------------------------------------------------------------------------


def no_floor(model):
    solve = model.solve
    return {"solve": lambda power, loss, floor: solve(power, loss, False)}


def floor_is_found(model):
    law = model.fit(COMPUTE, made(model))
    assert np.allclose([x[0] for x in law], TRUE, rtol=1e-4)


def point_in_the_fit(model):
    return {"below": lambda compute, at: np.ones(len(compute), bool)}


def what_is_foretold_does_not_count(model):
    """A strange outcome at the very compute that is foretold changes nothing."""
    losses = [[x, x * 1.001] for x in made(model)]
    alone = model.foretell(COMPUTE[:3], losses[:3], COMPUTE[3])
    beside = model.foretell(COMPUTE, [*losses[:3], [9.0, 9.0]], COMPUTE[3])
    assert math.isclose(alone.value, beside.value, rel_tol=1e-6)


def embeddings_left_out(model):
    def compute(net, tokens):
        return 6 * sum(p.numel() for p in net.h.parameters()) * tokens

    return {"compute": compute}


def products_are_counted(model):
    """Two operations for a product forward, as torch counts them, and twice that backward."""
    net = small(model)
    with FlopCounterMode(display=False) as counted, torch.no_grad():
        net(torch.arange(4)[None])
    assert math.isclose(model.compute(net, 4), 3 * counted.get_total_flops(), rel_tol=0.15)


# -- capability, calibration, contamination ------------------------------------------------------


def log_of_mean(model):
    return {"log_pass": lambda p: -math.log(p.mean())}


def each_question_counts_by_its_own_logarithm(model):
    assert math.isclose(model.log_pass(np.array([1.0, math.exp(-2)])), 1.0)


def bin_centres(model):
    reliability = model.reliability

    def by_centre(p, truth, weights):
        share, said, true = reliability(p, truth, weights)
        return share, (np.arange(len(said)) + 0.5) / len(said), true

    return {"reliability": by_centre}


def sure_and_right_is_calibrated(model):
    p = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert model.calibration_error(p, p, np.ones(2)) == 0


def no_penalty(model):
    objective = model.objective
    return {"objective": lambda log_p, before, reward, penalty: objective(log_p, before, reward, 0)}


def leaving_the_first_model_costs(model):
    """The reward is the same for both answers, so nothing is gained by moving."""
    before = torch.tensor([[0.5, 0.5]]).log()
    moved, reward = torch.tensor([[0.9, 0.1]]).log(), torch.ones(1, 2)
    stay, go = (model.objective(x, before, reward, 0.1) for x in (before, moved))
    assert go > stay + 0.01


def words_in_a_row(model):
    from papers.gpt3.version2.model import contaminated

    return {"contaminated": lambda examples, training, seed=0: contaminated(examples, training)}


def spaces_and_signs_do_not_count(model):
    (found,) = model.contaminated(["an on-line test"], "Here is an online test.")
    assert found is not None
