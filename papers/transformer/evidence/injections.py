"""How each deviation is put back into version 3, and what holds without it.

Pairs of functions: the first gets version 3's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import copy
import math

import torch
import torch.nn.functional as F


def small(model, **changes):
    """A config of toy size."""
    sizes = {"d_model": 16, "d_ff": 24, "heads": 4, "layers": 2, "dropout": 0.0, "steps": 1000}
    return model.Config(**{**sizes, **changes})


# -- the norm after the sum --------------------------------------------------------------------


def post_norm(model):
    return {"residual": lambda x, sublayer, norm, drop: norm(x + drop(sublayer(x)))}


def input_goes_on_untouched(model):
    x = torch.randn(2, 3, 16)
    y = model.residual(x, torch.zeros_like, model.LayerNorm(16), lambda x: x)
    assert torch.equal(x, y)


# -- the deviation with n - 1, epsilon outside the root ----------------------------------------


def unbiased_norm(model):
    def forward(self, x):
        centred = x - x.mean(-1, keepdim=True)
        return self.gain * centred / (x.std(-1, keepdim=True) + 1e-6) + self.bias

    return {"LayerNorm.forward": forward}


def normed_has_variance_one(model):
    y = model.LayerNorm(4)(torch.tensor([[1.0, 0.0, 0.0, 0.0]]))
    assert torch.isclose((y**2).mean(), torch.tensor(1.0), atol=1e-3)


# -- layers that start as copies of each other -------------------------------------------------


def copied_layers(model):
    several = model.several

    def copies(make, count):
        made = several(make, count)  # which refuses a count that no checkpoint can have
        return torch.nn.ModuleList([copy.deepcopy(made[0]) for _ in made])

    return {"several": copies}


def layers_start_unlike(model):
    a, b = model.several(lambda: model.FeedForward(small(model)), 2)
    assert not torch.equal(a.w_1, b.w_1)


# -- padding counts as words to be learned -----------------------------------------------------


def padding_counted(model):
    def loss(scores, targets, smoothing):
        flat = scores.float().flatten(0, 1)
        return F.cross_entropy(flat, targets.flatten(), label_smoothing=smoothing)

    return {"loss": loss}


def padding_costs_nothing(model):
    scores, targets = torch.randn(1, 3, 7), torch.tensor([[4, 5, 6]])
    longer = torch.cat([scores, torch.randn(1, 2, 7)], 1)
    more = F.pad(targets, (0, 2), value=model.PAD)
    assert torch.isclose(model.loss(scores, targets, 0.1), model.loss(longer, more, 0.1))


# -- padding of the source is looked at --------------------------------------------------------


def padding_seen(model):
    def bar_padding(source):
        return torch.zeros(len(source), 1, 1, source.shape[1])

    return {"bar_padding": bar_padding}


def padding_changes_nothing(model):
    torch.manual_seed(0)
    net = awake(model.Transformer(small(model), 9)).eval()
    source, inputs = torch.tensor([[4, 5, 6]]), torch.tensor([[1, 7]])
    longer = F.pad(source, (0, 2), value=model.PAD)
    assert torch.allclose(net.scores(source, inputs), net.scores(longer, inputs), atol=1e-5)


def awake(net):
    """Give the matrices that start at zero random values, so that every sublayer matters."""
    with torch.no_grad():
        for p in net.parameters():
            if p.dim() == 2 and not p.any():
                p.normal_(std=p.shape[0] ** -0.5)
    return net


# -- a finite bar ------------------------------------------------------------------------------


def finite_bar(model):
    def barred(seen):
        return torch.zeros(seen.shape).masked_fill(~seen, -10_000.0)

    return {"barred": barred}


def large_scores_do_not_pass_the_bar(model):
    bars = model.barred(torch.tensor([[True, False]]))[None, None]
    q, k = torch.full((1, 1, 1, 1), 1e3), torch.tensor([0.0, 1e3]).view(1, 1, 2, 1)
    v = torch.tensor([0.0, 1.0]).view(1, 1, 2, 1)
    assert model.attend(q, k, v, bars).item() == 0


# -- scales ------------------------------------------------------------------------------------


def unscaled_embedding(model):
    return {"embedding_scale": lambda d_model: 1.0}


def words_are_as_large_as_positions(model):
    net = model.Transformer(small(model, d_model=256), 50).eval()
    words = net.embed(torch.arange(50)[:, None])[:, 0] - net.table[0]
    assert 0.5 < words.norm() / (net.table[:50].norm() * 2**0.5) < 2


def unscaled_products(model):
    return {"score_scale": lambda d_k: 1.0}


def scores_do_not_grow_with_width(model):
    torch.manual_seed(0)
    q, k = torch.randn(2, 1, 1, 50, 1024)
    weights = model.attend(q, k, torch.eye(50)[None, None], torch.zeros(1, 1, 1, 50))
    assert weights.max(-1).values.mean() < 0.5


# -- the schedule and the optimizer ------------------------------------------------------------


def no_warmup(model):
    def learning_rate(step, config):
        return config.rate * (1 - (step - 1) / config.steps)

    return {"learning_rate": learning_rate}


def rate_begins_small(model):
    config = small(model, warmup=100)
    assert model.learning_rate(1, config) < 0.05 * config.rate
    assert model.learning_rate(100, config) == config.rate


def adam_defaults(model):
    return {"optimizer": lambda parameters: torch.optim.Adam(parameters, fused=True)}


def optimizer_has_the_papers_constants(model):
    group = model.optimizer([torch.nn.Parameter(torch.zeros(1))]).param_groups[0]
    assert (*group["betas"], group["eps"]) == (0.9, 0.98, 1e-9)


# -- the paper's own variations ----------------------------------------------------------------


def hard_targets(model):
    def loss(scores, targets, smoothing):
        flat = scores.float().flatten(0, 1)
        return F.cross_entropy(flat, targets.flatten(), ignore_index=model.PAD)

    return {"loss": loss}


def certainty_costs(model):
    """With smoothing, a score that rises without end is no longer the best."""
    sure, surer = (torch.tensor([[[0.0] * 4 + [x]]]) for x in (5.0, 50.0))
    wanted = torch.tensor([[4]])
    assert model.loss(surer, wanted, 0.1) > model.loss(sure, wanted, 0.1)


def no_positions(model):
    return {"position_table": lambda d_model: torch.zeros(model.LONGEST, d_model)}


def order_matters(model):
    torch.manual_seed(0)
    net = awake(model.Transformer(small(model), 9)).eval()
    inputs = torch.tensor([[1, 7]])
    a, b = (net.scores(torch.tensor([s]), inputs) for s in ([4, 5, 6], [6, 5, 4]))
    assert not torch.allclose(a, b, atol=1e-4)


def single_head(model):
    return {"head_count": lambda config: 1}


def heads_look_apart(model):
    config = small(model)
    attention = model.SelfAttention(config)
    _, (keys, _) = attention(torch.randn(1, 3, 16), torch.zeros(1, 1, 3, 3))
    assert keys.shape[1] == config.heads and keys.shape[-1] == 16 / config.heads


def single_layer(model):
    return {"depth": lambda config: 1}


def layers_are_as_many_as_asked(model):
    net = model.Transformer(small(model, layers=3), 9)
    assert len(net.encoder) == len(net.decoder) == 3


def future_seen(model):
    def bar_future(length, device):
        return torch.zeros(1, 1, length, length, device=device)

    return {"bar_future": bar_future}


def future_changes_nothing(model):
    torch.manual_seed(0)
    net = awake(model.Transformer(small(model), 9)).eval()
    source = torch.tensor([[4, 5]])
    a, b = (net.scores(source, torch.tensor([t])) for t in ([1, 6, 7], [1, 6, 8]))
    assert torch.allclose(a[:, :2], b[:, :2], atol=1e-6)
    assert not math.isclose(a[0, 2, 0].item(), b[0, 2, 0].item(), abs_tol=1e-6)
