"""What to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. An injection is a function from the model to
replacements of its names; an invariant fails with the injection in.
"""

from __future__ import annotations

import torch

from common.run.engine import Masters

RATE = 0.003


def learner(model, **changes):
    """A small network that begins as params.yaml has it, and its learner."""
    torch.manual_seed(0)
    settings = {"hidden": 32, "input_std": 1.0, "output_std": 0.1, "centre": 0.3, "steps": 1000}
    config = model.Config(**{**settings, "learning_rate": RATE, **changes})
    net = model.IRNN(config, 10)
    return model.Learner(config, net, Masters(net.parameters()))


def step(found):
    """A step on eight images of 20 random pixels, half of them dark."""
    rng = torch.Generator().manual_seed(0)
    pixels = torch.rand(8, 20, generator=rng) * (torch.rand(8, 20, generator=rng) < 0.5)
    found.step(pixels, torch.arange(8), 0)


# -- clipping --------------------------------------------------------------------------------


def unused_clip(model):
    return {"clip_gradients": lambda parameters, limit: None}


def long_gradients_are_shortened(model):
    """What Adam gets, told by its first moment after the first step: a tenth of it."""
    found = learner(model, clip=0.01)
    step(found)
    moments = [state["exp_avg"] for state in found.optimizer.state.values()]
    norm = torch.cat([m.flatten() for m in moments]).norm() / 0.1
    assert abs(norm - 0.01) < 1e-4, norm


# -- what is read, and the first weights -------------------------------------------------------


def raw_pixels(model):
    return {"IRNN.read": lambda net, pixels: pixels[..., None]}


def states_tell_order_from_the_start(model):
    """A picture and the same upside down have as much ink; their first states differ."""
    net = learner(model).net
    pixels = torch.linspace(0, 1, 20)[None]
    _, h = net.layer(net.read(torch.cat([pixels, pixels.flip(1)])))
    assert (h[0] - h[1]).abs().max() > 0.1


def small_weights(model):
    class Small(model.IRNN):
        def __init__(self, config, classes):
            super().__init__(config, classes)
            for w in (self.layer.w_xh, self.w_hy):
                torch.nn.init.normal_(w, std=0.001)

    return {"IRNN": Small}


def a_step_turns_few_weights(model):
    found = learner(model)
    before = found.net.layer.w_xh.detach().clone()
    step(found)
    turned = (before.sign() != found.net.layer.w_xh.sign()).float().mean()
    assert turned < 0.1, turned


# -- the optimizer -----------------------------------------------------------------------------


def constant_rate(model):
    return {"learning_rate": lambda i, config: config.learning_rate}


def rate_falls_to_zero(model):
    config = model.Config(steps=1000)
    assert model.learning_rate(0, config) == config.learning_rate
    assert model.learning_rate(999, config) < 0.01 * config.learning_rate


def rmsprop(model):
    def optimizer(parameters, config):
        return torch.optim.RMSprop(parameters, lr=config.learning_rate, alpha=0.9, eps=1e-7)

    return {"optimizer": optimizer}


def first_step_is_the_rate(model):
    """The largest change of the scores' biases: their gradients dwarf Adam's epsilon."""
    found = learner(model)
    step(found)
    moved = found.net.b_y.abs().max().item()
    assert abs(moved - RATE) < 1e-5, moved


# -- the recurrence and the biases -------------------------------------------------------------


def random_recurrence(model):
    class Random(model.Layer):
        def initialise(self, identity, input_std):
            super().initialise(identity, input_std)
            torch.nn.init.normal_(self.w_hh, std=0.001)

    return {"Layer": Random}


def scaled(model, scale):
    class Scaled(model.Layer):
        def initialise(self, identity, input_std):
            super().initialise(scale * identity, input_std)

    return {"Layer": Scaled}


def scaled_identity(model):
    return scaled(model, 0.01)


def leaky_identity(model):
    return scaled(model, 0.9)


def biases_left(model):
    class Left(model.Layer):
        def initialise(self, identity, input_std):
            super().initialise(identity, input_std)
            torch.nn.init.uniform_(self.b_h, -(len(self.b_h) ** -0.5), len(self.b_h) ** -0.5)

    return {"Layer": Left}


def tanh(model):
    return {"Layer.squash": lambda layer, z: z.tanh()}


def state_is_kept(model):
    """Ten steps without input change no positive state."""
    layer, h = learner(model).net.layer, torch.rand(3, 32) + 0.1
    _, last = layer(torch.zeros(3, 10, 1), h)
    assert torch.equal(last, h)
