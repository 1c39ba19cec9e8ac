"""What to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. An injection is a function from the model to
replacements of its names; an invariant fails with the injection in.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from common.run.engine import Masters

SMALL = {
    "side": 12, "channels": 1, "patch": 4, "d_model": 16, "mlp": 32, "heads": 2, "layers": 2,
    "pool": "mean", "dropout": 0.0, "warmup": 0, "steps": 1000,
}  # fmt: skip


def small(model, **changes):
    """A net of toy size, whose head is not zero."""
    torch.manual_seed(0)
    net = model.ViT(model.Config(**{**SMALL, **changes}), 5)
    torch.nn.init.normal_(net.head.weight)
    return net


def pictures(count: int = 3):
    return torch.rand(count, 1, 12, 12, generator=torch.Generator().manual_seed(0))


def learner(model, net, move=None, **changes):
    config = replace(net.config, **changes)
    return model.Learner(config, net, Masters(net.parameters()), 0, move)


# -- patches -----------------------------------------------------------------------------------


def patches_of_rows(model):
    def patches(x, size):
        return x.reshape(len(x), -1, x.shape[1] * size * size)

    return {"patches": patches}


def a_patch_is_a_square_of_the_image(model):
    image = torch.arange(144.0).view(1, 1, 12, 12)
    first = model.patches(image, 4)[0, 0].view(4, 4)
    assert torch.equal(first, image[0, 0, :4, :4]), first


# -- positions ---------------------------------------------------------------------------------


def one_position(model):
    return {"ViT.places": lambda net: net.positions[-1:]}


def moving_patches_about_changes_the_scores(model):
    net, image = small(model), pictures()
    halves = torch.cat([image[..., 8:, :], image[..., :8, :]], 2)  # the last row of patches first
    assert (net(image) - net(halves)).abs().max() > 1e-4


def two_dimensional(model):
    class Crossed(model.ViT):
        def __init__(self, config, classes):
            super().__init__(config, classes)
            half, drawn = config.d_model // 2, self.positions
            self.rows, self.columns = (
                torch.nn.Parameter(part.detach().clone())
                for part in (drawn[: config.grid, :half], drawn[: config.grid, half:])
            )
            self.positions = torch.nn.Parameter(drawn.detach()[: self.extra].clone())

        def places(self):
            grid = self.config.grid
            rows, columns = self.rows.repeat_interleave(grid, 0), self.columns.repeat(grid, 1)
            return torch.cat([self.positions, torch.cat([rows, columns], 1)])

    return {"ViT": Crossed}


def each_patch_has_a_position_of_its_own(model):
    """Positions of rows and columns alone are sums: around a rectangle they cancel."""
    p = small(model).places().view(3, 3, 16)
    assert (p[0, 0] - p[0, 1] - p[1, 0] + p[1, 1]).abs().max() > 1e-3


def unit_positions(model):
    build = model.ViT.initialise

    def initialise(net):
        build(net)
        for p in (net.positions, net.class_token):
            if p is not None:
                torch.nn.init.normal_(p)

    return {"ViT.initialise": initialise}


def patches_are_larger_than_positions(model):
    net = small(model)
    x = net.project(model.patches(2 * pictures() - 1, 4))
    assert net.places().std() < 0.2 * x.std()


def class_token_without_position(model):
    def places(net):
        if not net.extra:
            return net.positions
        return torch.cat([torch.zeros_like(net.positions[:1]), net.positions[1:]])

    return {"ViT.places": places}


def every_token_has_a_position(model):
    net = small(model, pool="class")
    net.places().sum().backward()
    assert (net.positions.grad == 1).all()


def guessed_class_token(model):
    real = model.resized

    def resized(positions, grid, extra):
        n = len(positions)
        return real(positions, grid, int((n - 1) % int((n - 1) ** 0.5) == 0))

    return {"resized": resized}


def positions_for_other_images_are_as_many_as_their_patches(model):
    try:
        found = model.resized(torch.randn(196, 8), 24, 0)
    except ValueError as error:
        raise AssertionError(str(error)) from None
    assert len(found) == 24**2


# -- attention and residual paths --------------------------------------------------------------


def scaled_by_width(model):
    real = model.Attention.split

    def split(attention, x):
        q, k, v = real(attention, x)
        return q * attention.heads**-0.5, k, v

    return {"Attention.split": split}


def scores_are_divided_by_the_root_of_a_heads_width(model):
    attention, x = small(model).blocks[0].attention, torch.randn(2, 9, 16)
    q, k, _ = attention.qkv(x).view(2, 9, 3, 2, 8).permute(2, 0, 3, 1, 4)
    wanted = (q @ k.transpose(-2, -1) / 8**0.5).softmax(-1)
    assert torch.allclose(attention.looks(x), wanted, atol=1e-6)


def residual_after_norm(model):
    def forward(block, x):
        x = x + block.drop(block.attention(block.norm1(x)))
        x = block.norm2(x)
        return x + block.drop(block.mlp(x))

    return {"Block.forward": forward}


def the_input_goes_through_a_block_untouched(model):
    block = small(model).blocks[0]
    for last in (block.attention.out, block.mlp.second):
        torch.nn.init.zeros_(last.weight)
    x = torch.randn(2, 9, 16)
    assert torch.equal(block(x), x)


# -- the readout -------------------------------------------------------------------------------


def class_token(model):
    class WithToken(model.ViT):
        def __init__(self, config, classes):
            super().__init__(replace(config, pool="class"), classes)

    return {"ViT": WithToken}


def the_answer_is_read_from_all_patches(model):
    net, x = small(model), torch.randn(2, 9, 16)
    assert torch.allclose(net.pool(x), net.pool(x.flip(1)), atol=1e-6)


# -- the recipe for small data -----------------------------------------------------------------


def no_augmentation(model):
    return {"Learner.moved": lambda learner, pictures: pictures}


def images_are_moved(model):
    found = learner(model, small(model), lambda x: x.flip(-1))
    assert torch.equal(found.moved(pictures(20)), pictures(20).flip(-1))


def all_sublayers_kept(model):
    return {"leave_out": lambda x, p: x}


def sublayers_are_left_out(model):
    x = torch.ones(1000, 2, 3)
    found = model.leave_out(x, 0.25)
    assert abs((found == 0).float().mean() - 0.25) < 0.05
    assert abs(found.mean() - 1) < 0.1


def hard_labels(model):
    real = model.loss
    return {"loss": lambda scores, labels, smoothing=0.0: real(scores, labels)}


def a_sure_answer_costs_something(model):
    sure, labels = 100.0 * torch.eye(5), torch.arange(5)
    assert model.loss(sure, labels, 0.1) > 1


# -- the optimizer -----------------------------------------------------------------------------


def decay_everything(model):
    def groups(named_parameters, weight_decay):
        return [{"params": [p for _, p in named_parameters], "weight_decay": weight_decay}]

    return {"groups": groups}


def vectors_do_not_decay(model):
    for group in learner(model, small(model)).optimizer.param_groups:
        assert all((p.dim() > 1) == (group["weight_decay"] > 0) for p in group["params"])


def no_clip(model):
    return {"clip_grad_norm_": lambda parameters, limit: None}


def long_gradients_are_clipped(model):
    """AdamW's first average is a tenth of the gradients that it was given."""
    found = learner(model, small(model), clip=1e-3)
    found.step(pictures(), torch.arange(3), 0)
    moments = [state["m"] for state in found.optimizer.state.values()]
    assert sum(m.square().sum() for m in moments) ** 0.5 < 1.1e-4


def constant_rate(model):
    return {"learning_rate": lambda i, config: config.learning_rate}


def rate_rises_and_falls(model):
    config = model.Config(warmup=10, steps=100)
    rates = [model.learning_rate(i, config) for i in range(100)]
    assert rates[0] < 0.2 * max(rates) and rates[-1] < 0.01 * max(rates)
    assert max(rates) == config.learning_rate
