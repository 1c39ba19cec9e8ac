"""What to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. An injection is a function from the model to
replacements of its names; an invariant fails with the injection in.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from common.run.engine import Masters
from papers.bert.version1 import model as first

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "un", "##kind", "##ly", "film"]
SMALL = {
    "pieces": len(PIECES), "context": 12, "d_model": 16, "heads": 2, "layers": 2, "std": 0.2,
    "dropout": 0.0, "warmup": 0, "pretrain_steps": 1000, "tune_warmup": 0.0,
}  # fmt: skip


def small(model, **changes):
    torch.manual_seed(0)
    return model.BERT(model.Config(**{**SMALL, **changes}), len(PIECES))


def rows(count: int = 4):
    """[CLS] the un ##kind ##ly film ... [SEP], the last two shorter."""
    tokens = torch.tensor([2, 5, 6, 7, 8, 9, 5, 9, 9, 5, 9, 3]).repeat(count, 1)
    tokens[-2:, 6:] = torch.tensor([3, 0, 0, 0, 0, 0])
    return tokens


def learner(model, net, **changes):
    config = replace(net.config, **changes)
    return model.Learner(config, net, Masters(net.parameters()), 0, PIECES)


# -- what is hidden ----------------------------------------------------------------------------


def specials_masked(model):
    def choose(hiding, tokens):
        word = (~hiding.goes_on[tokens]).long().cumsum(1) - 1
        return torch.rand(tokens.shape).gather(1, word) < hiding.share

    return {"Hiding.choose": choose}


def special_tokens_are_never_hidden(model):
    torch.manual_seed(0)
    tokens = rows(400)
    assert not (model.Hiding(PIECES, 0.5).choose(tokens) & (tokens < 5)).any()


def pieces_masked(model):
    def choose(hiding, tokens):
        return (torch.rand(tokens.shape) < hiding.share) & ~hiding.special[tokens]

    return {"Hiding.choose": choose}


def words_are_hidden_whole(model):
    torch.manual_seed(0)
    chosen = model.Hiding(PIECES, 0.5).choose(rows(400))
    assert (chosen[:, 2] == chosen[:, 3]).all() and (chosen[:, 3] == chosen[:, 4]).all()


def static_masks(model):
    real = model.Hiding.__call__

    def hide(hiding, tokens):
        parts = []
        for row in tokens:
            torch.manual_seed(int((row * torch.arange(1, len(row) + 1)).sum()))
            parts.append(real(hiding, row[None]))
        return tuple(torch.cat(part) for part in zip(*parts))

    return {"Hiding.__call__": hide}


def each_reading_hides_other_words(model):
    torch.manual_seed(0)
    hiding = model.Hiding(PIECES, 0.5)
    (_, once), (_, again) = (hiding(rows()) for _ in range(2))
    assert (once != again).any()


def all_become_mask(model):
    def hide(hiding, tokens):
        chosen = hiding.choose(tokens)
        return tokens.masked_fill(chosen, hiding.mask), tokens.masked_fill(~chosen, -1)

    return {"Hiding.__call__": hide}


def a_tenth_stays_as_it_is(model):
    torch.manual_seed(0)
    seen, targets = model.Hiding(PIECES, 0.5)(rows(400))
    same = (seen == targets)[targets >= 0].float().mean()
    assert 0.08 < same < 0.16, same  # a tenth, and what chance puts in its place again


def loss_everywhere(model):
    real = model.Hiding.__call__

    def hide(hiding, tokens):
        return real(hiding, tokens)[0], tokens.masked_fill(tokens == 0, -1)

    return {"Hiding.__call__": hide}


def what_is_not_hidden_is_not_foretold(model):
    torch.manual_seed(0)
    hiding = model.Hiding(PIECES, 0.3)
    monitor = [(hiding(rows(50))[1] >= 0).float().mean().item() for _ in range(20)]
    assert sum(monitor) / 20 < 0.3


# -- what a place sees -------------------------------------------------------------------------


def padding_seen(model):
    return {"barred": lambda x, padding: x.new_zeros(len(x), 1, 1, x.shape[1])}


def padding_changes_nothing(model):
    net, tokens = small(model).eval(), rows()
    short = net(tokens[-1:, :7])
    assert torch.allclose(net(tokens)[-1:], short, atol=1e-5)


def left_to_right(model):
    """A language model: no place sees a later one, each foretells the next; fine-tuning reads the
    last token, which alone has seen all."""
    real = model.barred

    def barred(x, padding):
        later = x.new_full((x.shape[1], x.shape[1]), -torch.inf).triu(1)
        return real(x, padding) + later

    def hide(hiding, tokens):
        following = torch.cat([tokens[:, 1:], torch.zeros_like(tokens[:, :1])], 1)
        return tokens, following.masked_fill(following == 0, -1)

    def pool(net, x, tokens):
        last = (tokens != net.pad).sum(1) - 1
        return torch.tanh(net.pooler(x[torch.arange(len(x)), last]))

    return {"barred": barred, "Hiding.__call__": hide, "BERT.pool": pool}


def every_place_sees_both_sides(model):
    net, tokens = small(model).eval(), rows()
    changed = tokens.clone()
    changed[:, 4] = 5
    moved = (net.encode(tokens) - net.encode(changed)).abs().amax((0, 2))
    assert (moved[:12] > 1e-6).all()


# -- learning ----------------------------------------------------------------------------------


def from_scratch(model):
    """Pre-training leaves the weights as they were drawn."""

    def pretrain(learner, tokens, i, segments=None, follows=None):
        return torch.zeros(())

    return {"Learner.pretrain": pretrain}


def pre_training_changes_the_weights(model):
    net = small(model)
    before = net.layers[0].first.weight.clone()
    learner(model, net, learning_rate=0.01).pretrain(rows(), 0)
    assert (net.layers[0].first.weight != before).any()


def next_sentence(model):
    """Half of all rows are cut and go on from another place of the same row, and the network is
    asked which: the paper's second question, with version 1's choice of what is random."""
    real = model.Learner.pretrain

    def pretrain(learner, tokens, i, segments=None, follows=None):
        tokens, segments, follows = paired(tokens, i + learner.seed * model.APART)
        return real(learner, tokens, i, segments, follows)

    return {"Learner.pretrain": pretrain}


def paired(tokens, number):
    """Rows, segments, and 0 where the second half is what follows, 1 where it begins elsewhere."""
    rng = torch.Generator().manual_seed(number)
    tokens, random = tokens.clone(), torch.randint(2, (len(tokens),), generator=rng)
    segments = torch.zeros_like(tokens)
    for n, length in enumerate((tokens != 0).sum(1).tolist()):
        middle, end = (length + 1) // 2, length - 1
        segments[n, middle:length] = 1
        if random[n] and end > middle:
            start = int(torch.randint(1, middle + 1, (), generator=rng))
            tokens[n, middle:end] = tokens[n, start : start + end - middle].clone()
    return tokens, segments, random


def only_hidden_words_are_asked(model):
    net, asked = small(model), []
    real = net.forward
    net.forward = lambda *given: asked.append(given) or real(*given)
    learner(model, net).pretrain(rows(), 0)
    assert all(x is None for given in asked for x in (given[1], *given[3:]))


def no_bias_correction(model):
    return {"AdamW": first.Adam}


def the_first_step_has_the_length_of_the_rate(model):
    """With corrected moments the first step of each weight is the rate, whatever its gradient."""
    net = small(model)
    before = net.layers[0].first.bias.detach().clone()
    learner(model, net, learning_rate=1e-3, clip=1e9).tune(rows(), torch.tensor([0, 1, 1, 0]), 0)
    moved = (net.layers[0].first.bias - before).abs().max().item()
    assert abs(moved - 1e-3) < 1e-4, moved


def decay_everything(model):
    def groups(named_parameters, weight_decay):
        return [{"params": [p for _, p in named_parameters], "weight_decay": weight_decay}]

    return {"groups": groups}


def vectors_do_not_decay(model):
    for group in learner(model, small(model)).optimizer.param_groups:
        assert all((p.dim() > 1) == (group["weight_decay"] > 0) for p in group["params"])


def no_clip(model):
    class Unclipped(model.Learner):
        def __init__(self, config, *given, **named):
            super().__init__(replace(config, clip=float("inf")), *given, **named)

    return {"Learner": Unclipped}


def long_gradients_are_clipped(model):
    """AdamW's first average is a tenth of the gradients that it was given."""
    found = learner(model, small(model), clip=1e-3)
    found.pretrain(rows(), 0)
    moments = [state["m"] for state in found.optimizer.state.values()]
    assert sum(m.square().sum() for m in moments) ** 0.5 < 1.1e-4


def tanh_gelu(model):
    real = model.F.gelu

    class Functions:
        def __getattr__(self, name):
            return getattr(torch.nn.functional, name)

        @staticmethod
        def gelu(x):
            return real(x, approximate="tanh")

    return {"F": Functions()}


def gelu_is_by_the_error_function(model):
    x = torch.tensor([-2.0, -1.0, 0.5, 2.0])
    assert torch.allclose(model.F.gelu(x), first.gelu(x), atol=1e-6)
