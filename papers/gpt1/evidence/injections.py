"""How each deviation is put back into version 2, and what holds without it.

Pairs of functions: the first gets version 2's `model` and returns what it replaces there, the
second raises AssertionError when the deviation is in. deviations.py says what they are about.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from papers.lstm.version2.model import Layer


def small(model, **changes):
    """A net of toy size."""
    sizes = {"context": 9, "d_model": 16, "heads": 2, "layers": 2, "dropout": 0.0, "std": 0.3}
    torch.manual_seed(0)
    return model.GPT1(model.Config(**{**sizes, **changes}), 11).eval()


# -- what the head reads -------------------------------------------------------------------------


def padding_read(model):
    return {"answered": lambda h, lengths: h[:, -1]}


def padding_changes_nothing(model):
    net = small(model)
    short, long = torch.tensor([[5, 6, 7]]), torch.tensor([[5, 6, 7, 0, 0]])
    answers = [net.classify(rows, torch.tensor([3])) for rows in (short, long)]
    assert torch.allclose(*answers, atol=1e-6)


# -- tokens that pre-training meets --------------------------------------------------------------


def unmet(model):
    def document(sentences):
        return [token for sentence in sentences for token in sentence]

    return {"document": document}


def special_tokens_are_met(model):
    assert model.document([[5, 6], [7]]) == [model.START, 5, 6, 7, model.EXTRACT]


# -- another body --------------------------------------------------------------------------------


class Recurrent(torch.nn.Module):
    """A layer of cells, twice as wide, and a projection back; a block that attends to nothing."""

    def __init__(self, config):
        super().__init__()
        self.cells = Layer(config.d_model, 2 * config.d_model, input_std=config.d_model**-0.5)
        self.out = torch.nn.Parameter(torch.empty(2 * config.d_model, config.d_model))
        self.norm, self.p = torch.nn.LayerNorm(config.d_model), config.dropout

    def forward(self, x, hidden, kept=None, start=0):
        """With `kept` it goes on from the state that lies there."""
        state = None
        if kept is not None:
            flat, cells = kept[0].flatten(1), 2 * x.shape[-1]
            state = flat[:, : 2 * cells].view(len(x), 2, cells) if start else None
        y, state = self.cells(x.float(), state)
        if kept is not None:
            kept[0].flatten(1)[:, : 4 * x.shape[-1]] = state.flatten(1)
        return self.norm(F.dropout(y.to(x.dtype) @ self.out, self.p, self.training))


def lstm(model):
    build = model.GPT1.initialise

    def initialise(self):
        build(self)
        for block in self.h:
            block.cells.initialise(1.0, self.config.d_model**-0.5)

    return {"blocks": lambda config: [Recurrent(config)], "GPT1.initialise": initialise}


def blocks_attend(model):
    assert all(hasattr(block, "attn") for block in small(model).h)


# -- the block -----------------------------------------------------------------------------------


def pre_norm(model):
    return {"residual": lambda x, sublayer, norm, drop: x + drop(sublayer(norm(x)))}


def sums_are_normalised(model):
    x = torch.randn(2, 3, 16) * 5
    y = model.residual(x, torch.zeros_like, torch.nn.LayerNorm(16), lambda x: x)
    assert torch.allclose(y.std(-1, unbiased=False), torch.ones(2, 3), atol=1e-3)


def exact_gelu(model):
    return {"gelu": F.gelu}


def gelu_is_the_published_one(model):
    x = torch.linspace(-4, 4, 101)
    cube = 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    assert torch.allclose(model.gelu(x), cube, atol=1e-6)


# -- the losses ----------------------------------------------------------------------------------


def padding_spoken(model):
    def nats(net, h, rows):
        scores = F.linear(h[:, :-1], net.tokens_embed.weight).transpose(1, 2)
        return F.cross_entropy(scores.float(), rows[:, 1:], reduction="none").sum(1)

    def loss(nats, rows):
        return nats.sum() / rows[:, 1:].numel()

    return {"token_nats": nats, "language_loss": loss}


def padding_is_no_target(model):
    net, short, long = small(model), torch.tensor([[1, 5, 3]]), torch.tensor([[1, 5, 3, 0, 0]])
    values = [model.language_loss(net.losses(rows)[:, 0], rows) for rows in (short, long)]
    assert torch.allclose(*values, atol=1e-6)


def next_token_seen(model):
    return {"barred": lambda size: torch.full((size, size), -math.inf).triu(2)}


def future_changes_nothing(model):
    net = small(model)
    a, b = (net(torch.tensor([tokens])) for tokens in ([1, 2, 3, 4], [1, 2, 5, 4]))
    assert torch.equal(a[:, :2], b[:, :2])
    assert not torch.allclose(a[:, 2:], b[:, 2:])
