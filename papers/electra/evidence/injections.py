"""What to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. An injection is a function from the model to
replacements of its names; an invariant fails with the injection in.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from common.run.engine import Masters

PIECES = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "un", "##kind", "##ly", "film"]
SMALL = {
    "pieces": len(PIECES), "context": 12, "d_model": 16, "heads": 2, "layers": 2, "embedding": 8,
    "generator": 0.5, "std": 0.2, "dropout": 0.0, "warmup": 0, "pretrain_steps": 1000,
    "tune_warmup": 0.0,
}  # fmt: skip


def small(model, **changes):
    torch.manual_seed(0)
    return model.ELECTRA(model.Config(**{**SMALL, **changes}), len(PIECES))


def rows(count: int = 4):
    """[CLS] the un ##kind ##ly film ... [SEP], the last two shorter."""
    tokens = torch.tensor([2, 5, 6, 7, 8, 9, 5, 9, 9, 5, 9, 3]).repeat(count, 1)
    tokens[-2:, 6:] = torch.tensor([3, 0, 0, 0, 0, 0])
    return tokens


def learner(model, net, tuning=None, **changes):
    config = replace(net.config, **changes)
    return model.Learner(config, net, Masters(net.parameters()), 0, PIECES, tuning)


def moved(model, net, part: str) -> bool:
    """Whether a step of pre-training changes biases or gains, which do not decay, in a part."""
    vectors = [p for n, p in net.named_parameters() if n.startswith(part) and p.dim() == 1]
    before = [p.clone() for p in vectors]
    learner(model, net).pretrain(rows(), 0)
    return any((a != b).any() for a, b in zip(before, vectors, strict=True))


# -- what the discriminator learns from ---------------------------------------------------------


def chosen_only(model):
    return {"counted": lambda tokens, at: at}


def it_learns_from_every_token(model):
    tokens = rows()
    here = model.counted(tokens, torch.zeros_like(tokens, dtype=torch.bool))
    assert (here == (tokens > 0)).all()


def padding_counted(model):
    return {"counted": lambda tokens, at: torch.ones_like(at)}


def padding_teaches_nothing(model):
    """A row alone, and behind it the padding of a longer one: the same loss per token."""
    net, losses = small(model).eval(), []
    for length in (7, 12):
        tokens = rows()[-1:, :length]
        at = torch.zeros_like(tokens, dtype=torch.bool)
        with torch.no_grad():
            marks = net.discriminator.marks(tokens, tokens == 0)
        here = model.counted(tokens, at).float()
        losses.append((marks * here).sum() / here.sum())
    assert torch.isclose(*losses, atol=1e-5)


def always_replaced(model):
    return {"is_replaced": lambda corrupted, tokens, at: at}


def what_was_drawn_right_is_original(model):
    tokens = rows()
    at = tokens > 4
    assert not model.is_replaced(tokens, tokens, at).any()
    other = tokens.where(tokens != 9, 5)
    assert (model.is_replaced(other, tokens, at) == (tokens == 9)).all()


def drawn_padding(model):
    return {"padding_of": lambda corrupted, tokens: corrupted == 0}


def what_was_drawn_is_looked_at(model):
    tokens = rows()
    drawn = tokens.where(tokens != 9, 0)
    assert (model.padding_of(drawn, tokens) == (tokens == 0)).all()


def even_odds(model):
    return {"odds": lambda config: 0.0}


def marks_begin_at_the_odds_of_their_few(model):
    net = small(model, share=0.15).eval()
    with torch.no_grad():
        net.discriminator.mark.weight.zero_()
        found = net.discriminator.marks(rows(), rows() == 0).sigmoid()
    assert torch.allclose(found, torch.tensor(0.15), atol=1e-4)


# -- how the two hang together -------------------------------------------------------------------


def equal_generator(model):
    return {"smaller": lambda config: config}


def the_generator_is_smaller(model):
    net = small(model)
    sizes = [sum(p.numel() for p in part.body.parameters()) for part in net.children()]
    assert sizes[1] < 0.5 * sizes[0], sizes


def masked_only(model):
    """BERT in ELECTRA's clothes: the net that is fine-tuned fills the gaps itself."""

    def foretold(net, seen, at):
        x = net.discriminator.encode(seen, seen == 0)[at]
        return net.generator.foretell(x, net.discriminator.embed.tokens.weight)

    return {
        "smaller": lambda config: config,  # so that its head fits
        "ELECTRA.foretold": foretold,
        "total": lambda generator, discriminator, weight: generator,
    }


def gaps_are_filled_by_another_net(model):
    """Scores of gaps do not depend on the discriminator's layers."""
    net = small(model).eval()
    seen, at = rows(), rows() == 9
    with torch.no_grad():
        before = net.foretold(seen, at)
        for p in net.discriminator.body.layers.parameters():
            p.add_(1.0)
        assert torch.equal(net.foretold(seen, at), before)


def generator_only(model):
    return {"total": lambda generator, discriminator, weight: generator}


def the_discriminator_learns(model):
    assert moved(model, small(model), "discriminator.body")


def untied_embeddings(model):
    build, forward = model.Generator.__init__, model.Generator.forward

    def initialise(net, config, pieces):
        build(net, config, pieces)
        net.embed = model.bert.Embeddings(model.narrow(config), pieces)

    return {
        "Generator.__init__": initialise,
        "Generator.forward": lambda net, embed, seen, at: forward(net, net.embed, seen, at),
    }


def both_read_the_same_embeddings(model):
    """Another table of tokens in the discriminator, and the generator says something else."""
    net = small(model).eval()
    seen, at = rows(), rows() == 9
    with torch.no_grad():
        before = net.foretold(seen, at)
        net.discriminator.embed.tokens.weight.mul_(2)
        assert not torch.equal(net.foretold(seen, at), before)


# -- what the generator sees ---------------------------------------------------------------------


def random_words(model):
    return {"Hiding.__call__": model.bert.Hiding.__call__}


def every_gap_is_a_mask(model):
    torch.manual_seed(0)
    seen, targets = model.Hiding(PIECES, 0.5)(rows(50))
    assert (seen[targets >= 0] == 4).all() and (targets >= 0).any()


def likeliest_drawn(model):
    return {"draw": lambda scores: scores.argmax(-1)}


def draws_follow_the_softmax(model):
    torch.manual_seed(0)
    p = torch.tensor([0.5, 0.3, 0.2])
    drawn = model.draw(p.log().expand(20_000, -1))
    found = torch.bincount(drawn, minlength=3) / 20_000
    assert torch.allclose(found, p, atol=0.02), found


# -- fine-tuning ---------------------------------------------------------------------------------


def rates_one_too_deep(model):
    real = model.part_of_rate

    def part_of_rate(name, config):
        part = real(name, config)
        return part if name.startswith("discriminator.classes.") else part * config.layer_decay

    return {"part_of_rate": part_of_rate}


def each_layer_is_one_step_of_decay(model):
    """Below the layer for classes, at the full rate, the last layer has one factor, and so on."""
    tuner = learner(model, small(model), tuning=10, layer_decay=0.5)
    found = sorted({group["part"] for group in tuner.optimizer.param_groups})
    assert found == [0.5**3, 0.5**2, 0.5, 1.0], found


def one_rate(model):
    return {"part_of_rate": lambda name, config: 1.0}


def lower_layers_learn_more_slowly(model):
    config = model.Config(layer_decay=0.8)
    low, high = (f"discriminator.body.layers.{i}.first.weight" for i in (0, 11))
    assert model.part_of_rate(low, config) < 0.1 < model.part_of_rate(high, config)
