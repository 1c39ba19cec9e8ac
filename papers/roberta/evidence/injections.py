"""What to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. An injection is a function from the model to
replacements of its names; an invariant fails with the injection in.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch.nn import Embedding

from common.run.engine import Masters
from papers.roberta.version1 import model as first

SYMBOLS = 20
SMALL = {
    "context": 12, "d_model": 16, "heads": 2, "layers": 2, "std": 0.2, "dropout": 0.0,
    "warmup": 0, "pretrain_steps": 1000, "tune_warmup": 0.0,
}  # fmt: skip


def small(model, **changes):
    torch.manual_seed(0)
    return model.RoBERTa(model.Config(**{**SMALL, **changes}), SYMBOLS)


def rows(count: int = 4):
    """<s> ten tokens </s>, the last two rows shorter."""
    tokens = (torch.arange(12) % 11 + 5).repeat(count, 1)
    tokens[:, 0], tokens[:, -1] = 0, 2
    tokens[-2:, 6:] = torch.tensor([2, 1, 1, 1, 1, 1])
    return tokens


def learner(model, net, **changes):
    config = replace(net.config, **changes)
    return model.Learner(config, net, Masters(net.parameters()), 0, SYMBOLS)


# -- what is read ------------------------------------------------------------------------------


def static_masks(model):
    real = model.Hiding.__call__

    def hide(hiding, tokens):
        parts = []
        for row in tokens:
            row = row[: int((row != model.PAD).sum())]  # however far its batch is filled up
            torch.manual_seed(int((row * torch.arange(1, len(row) + 1)).sum()))
            seen, targets = real(hiding, row[None])
            left = tokens.shape[1] - len(row)
            seen = torch.nn.functional.pad(seen, (0, left), value=model.PAD)
            parts.append((seen, torch.nn.functional.pad(targets, (0, left), value=-1)))
        return tuple(torch.cat(part) for part in zip(*parts))

    return {"Hiding.__call__": hide}


def each_reading_hides_others(model):
    torch.manual_seed(0)
    hiding = model.Hiding(SYMBOLS, 0.5)
    (_, once), (_, again) = (hiding(rows()) for _ in range(2))
    assert (once != again).any()


def segment_pairs(model):
    real = model.Learner.pretrain

    def pretrain(learner, tokens, i, segments=None, follows=None):
        tokens, follows = paired(tokens, i + learner.seed * model.bert.APART)
        return real(learner, tokens, i, None, follows)

    return {"LEFT_OUT": (), "Learner.pretrain": pretrain}


def paired(tokens, number):
    """Rows with </s> </s> in their middle, and whether what stands behind it is their own: half of
    them, drawn, have it from the next row."""
    rng = torch.Generator().manual_seed(number)
    follows = torch.randint(2, (len(tokens),), generator=rng).to(tokens.device)
    middle, found = tokens.shape[1] // 2, tokens.clone()
    found[:, middle:] = torch.where(follows[:, None] > 0, tokens, tokens.roll(1, 0))[:, middle:]
    found[:, middle - 1 : middle + 1] = first.END
    return found, follows


def only_hidden_tokens_are_asked(model):
    net, asked = small(model), []
    real = net.forward
    net.forward = lambda *given: asked.append(given) or real(*given)
    learner(model, net).pretrain(rows(), 0)
    assert all(given[3] is None for given in asked) and not hasattr(net, "follows")


def no_first_space(model):
    return {"spaced": first.spaced}


def first_words_have_their_space(model):
    assert model.spaced("a fine  film") == " a fine film"


def specials_hidden(model):
    def choose(hiding, tokens):
        return (torch.rand(tokens.shape) < hiding.share) & (tokens != model.PAD)

    return {"Hiding.choose": choose}


def special_tokens_stay(model):
    torch.manual_seed(0)
    tokens = rows(200)
    seen, targets = model.Hiding(SYMBOLS, 0.5)(tokens)
    special = tokens < 5
    assert torch.equal(seen[special], tokens[special]) and (targets[special] < 0).all()


# -- the network -------------------------------------------------------------------------------


def positions_from_zero(model):
    return {"positions": lambda tokens: torch.arange(tokens.shape[1]).expand_as(tokens)}


def positions_begin_behind_padding(model):
    found = model.positions(torch.tensor([[0, 7, 8, 2, 1, 1]]))
    assert found.tolist() == [[2, 3, 4, 5, 1, 1]]


def table_of_512(model):
    build = model.Embeddings.__init__

    def shorter(self, config, pieces):
        build(self, config, pieces)
        self.positions = Embedding(config.context, config.d_model)

    return {"Embeddings.__init__": shorter}


def full_rows_can_be_read(model):
    net = small(model)
    assert int(model.positions(rows()).max()) < len(net.embed.positions.weight)


def two_segments(model):
    build = model.Embeddings.__init__

    def both(self, config, pieces):
        build(self, config, pieces)
        self.segments = Embedding(2, config.d_model)

    return {"Embeddings.__init__": both}


def there_is_one_segment(model):
    assert len(small(model).embed.segments.weight) == 1


def berts_epsilon(model):
    return {"EPSILON": model.bert.EPSILON}


def norms_have_their_epsilon(model):
    norms = [m for m in small(model).modules() if isinstance(m, torch.nn.LayerNorm)]
    assert len(norms) == 6 and {norm.eps for norm in norms} == {1e-5}


# -- learning ----------------------------------------------------------------------------------


def slow_average(model):
    class Slow(model.Learner):
        def __init__(self, config, *given, **named):
            super().__init__(replace(config, beta2=0.999), *given, **named)

    return {"Learner": Slow}


def second_average_is_short(model):
    """After a step, v is 2 % of the square of the gradient; m is a tenth of the gradient."""
    found = learner(model, small(model))
    found.pretrain(rows(), 0)
    states = [state for state in found.optimizer.state.values() if state["m"].abs().max() > 1e-4]
    for state in states:
        square = (10 * state["m"]) ** 2
        assert torch.allclose(state["v"], 0.02 * square, rtol=1e-3, atol=1e-12)
    assert states
