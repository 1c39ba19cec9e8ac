"""What version 1 got wrong, and what we do otherwise on purpose. Each can be put back.

`inject` replaces names of version 2's model; `invariant` holds for version 2 and fails with the
deviation in it. The ladder trains version 2 with each deviation alone, on the same seeds.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from common.deviations import Deviation

CHAR_RNN = "karpathy/char-rnn, train.lua"
MIN_CHAR_RNN = "min-char-rnn (Karpathy 2015)"


# -- the loss is summed over the sequence ------------------------------------------------------


def summed_loss(model):
    """The gradient of a sum over the steps; what is shown stays nats per character."""

    def loss(scores, targets):
        mean = F.cross_entropy(scores.float().flatten(0, 1), targets.flatten())
        return mean.detach() + (mean - mean.detach()) * targets.shape[1]

    return {"loss": loss}


def gradient_is_per_character(model):
    """Reading the same sequence twice must not double the gradient."""
    scores = torch.zeros(2, 8, 5, requires_grad=True)
    targets = torch.arange(16).view(2, 8) % 5

    def slope(times):
        s = scores.repeat(1, times, 1)
        return torch.autograd.grad(model.loss(s, targets.repeat(1, times)), scores)[0]

    assert torch.allclose(slope(1), slope(3), atol=1e-6)


# -- components are clipped, not the norm ------------------------------------------------------


def clipping_by_value(model):
    return {"clip_gradients": torch.nn.utils.clip_grad_value_}


def clipping_keeps_the_direction(model):
    weight = torch.nn.Parameter(torch.zeros(3))
    gradient = torch.tensor([10.0, 1.0, 0.1])
    weight.grad = gradient.clone()
    model.clip_gradients([weight], 1.0)
    assert torch.isclose(F.cosine_similarity(weight.grad, gradient, dim=0), torch.tensor(1.0))
    assert weight.grad.norm() < 1.001


# -- small Gaussian weights --------------------------------------------------------------------


def small_weights(model):
    def initialise(net):
        for w in (net.w_xh, net.w_hh, net.w_hy):
            torch.nn.init.normal_(w, std=0.01)

    return {"RNN.initialise": initialise}


def recurrence_keeps_the_norm(model):
    h = torch.randn(4, 32)
    net = model.RNN(model.Config(hidden=32), 5)
    assert torch.allclose((h @ net.w_hh).norm(dim=1), h.norm(dim=1), rtol=1e-4)


# -- one stream of text ------------------------------------------------------------------------


def one_stream(model):
    """The same number of steps, each on a single sequence."""

    def streams(tokens, batch):
        return tokens[None]

    def carry(h, anew):
        return None if h is None or anew or len(h) > 1 else h.detach()

    return {"streams": streams, "carry": carry}


def steps_see_many_streams(model):
    assert model.streams(torch.arange(100), 10).shape == (10, 10)


# -- Adagrad, constant rate --------------------------------------------------------------------


def adagrad(model):
    """Adagrad at min-char-rnn's rate of 0.1, which falls to zero like Adam's."""

    def optimizer(parameters, config):
        return torch.optim.Adagrad(parameters, lr=0.1, eps=1e-8)

    def learning_rate(i, config):
        return 0.1 * (1 - i / config.steps)

    return {"optimizer": optimizer, "learning_rate": learning_rate}


def steps_stay_as_long(model):
    """Under a gradient that does not change, step 1,000 must move the weight as far as step 1."""
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = model.optimizer([weight], model.Config(learning_rate=0.01))
    for _ in range(1000):
        before = weight.item()
        weight.grad = torch.ones(1)
        optimizer.step()
    assert abs(weight.item() - before) > 0.005


def constant_rate(model):
    return {"learning_rate": lambda i, config: config.learning_rate}


def rate_falls_to_zero(model):
    config = model.Config(steps=1000)
    assert model.learning_rate(0, config) == config.learning_rate
    assert model.learning_rate(999, config) < 0.01 * config.learning_rate


# -- the carried state -------------------------------------------------------------------------


def forgotten_state(model):
    return {"carry": lambda h, anew: None}


def state_is_carried(model):
    h = torch.ones(2, 3)
    carried = model.carry(h, False)
    assert carried is not None and torch.equal(carried, h)


def stale_state(model):
    """Chunks in random order, each continued with the state of another place in the text."""
    read = model.chunk

    def chunk(rows, i, sequence):
        chunks = (rows.shape[1] - 1) // sequence
        order = torch.Generator().manual_seed(i // chunks)
        place = int(torch.randperm(chunks, generator=order)[i % chunks])
        inputs, targets, _ = read(rows, place, sequence)
        return inputs, targets, i == 0

    return {"chunk": chunk}


def chunks_are_contiguous(model):
    rows = torch.arange(60).view(2, 30)
    for i in range(5):
        _, targets, _ = model.chunk(rows, i, 5)
        inputs, _, anew = model.chunk(rows, i + 1, 5)
        assert anew or torch.equal(inputs[:, 0], targets[:, -1])


def attached_state(model):
    return {"carry": lambda h, anew: None if h is None or anew else h}


def state_is_cut_from_its_graph(model):
    h = torch.ones(2, 3, requires_grad=True) * 2
    assert not model.carry(h, False).requires_grad


DEVIATIONS = (
    Deviation(
        id="summed_loss",
        title="Loss summed over the sequence",
        place=f"{MIN_CHAR_RNN}, lossFun",
        paper_says="Elman trains on the error of each prediction; longer input is no larger error.",
        code_does="Sums the loss over the sequence, so the gradient grows with its length.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source="karpathy/char-rnn#70; train.lua leaves the division out 'for efficiency'",
        inject=summed_loss,
        invariant=gradient_is_per_character,
        note="Adam divides the scale out again; what is left is that clipping always acts.",
    ),
    Deviation(
        id="clipping_by_value",
        title="Gradients clipped by component",
        place=f"{MIN_CHAR_RNN}, lossFun",
        paper_says="Pascanu et al. 2013, Alg. 1: rescale the gradient when its norm is too large.",
        code_does="Cuts each component on its own, which changes the gradient's direction.",
        kind="bug",
        introduced="version1",
        fixed="version2",
        source=f"{CHAR_RNN}: grad_params:clamp(-opt.grad_clip, opt.grad_clip)",
        inject=clipping_by_value,
        invariant=clipping_keeps_the_direction,
    ),
    Deviation(
        id="small_weights",
        title="All weights drawn small",
        place=f"{MIN_CHAR_RNN}, model parameters",
        paper_says="Saxe et al. 2013: an orthogonal recurrence keeps signals alive through time.",
        code_does="Draws every weight from N(0, 0.01^2): the state hardly feeds back at first.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source=MIN_CHAR_RNN,
        inject=small_weights,
        invariant=recurrence_keeps_the_norm,
    ),
    Deviation(
        id="one_stream",
        title="One sequence per step",
        place=f"{MIN_CHAR_RNN}, main loop",
        paper_says="Nothing: Elman presents one pattern at a time.",
        code_does="Reads one stream of text; a step sees 1/batch of the characters.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source=MIN_CHAR_RNN,
        inject=one_stream,
        invariant=steps_see_many_streams,
        note="At equal steps, so it reads less text as well; it is faster per step.",
    ),
    Deviation(
        id="adagrad",
        title="Adagrad",
        place=f"{MIN_CHAR_RNN}, main loop",
        paper_says="Nothing: Elman's networks are trained by plain backpropagation.",
        code_does="Divides by the root of the sum of all squared gradients, which never forgets.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source=MIN_CHAR_RNN,
        inject=adagrad,
        invariant=steps_stay_as_long,
        note="At min-char-rnn's rate; its rate was not tuned anew for batches.",
    ),
    Deviation(
        id="constant_rate",
        title="Constant learning rate",
        place=f"{MIN_CHAR_RNN}, hyperparameters",
        paper_says="Nothing; char-rnn decays its rate after ten epochs.",
        code_does="Trains to the end at the rate it began with.",
        kind="choice",
        introduced="version1",
        fixed="version2",
        source=MIN_CHAR_RNN,
        inject=constant_rate,
        invariant=rate_falls_to_zero,
    ),
    Deviation(
        id="forgotten_state",
        title="State zeroed at every chunk",
        place="Elman 1990, Fig. 2 (context units)",
        paper_says="The context units hold the last hidden state while the input goes on.",
        code_does="Starts every chunk of a contiguous text from zero.",
        kind="bug",
        introduced="",
        fixed="",
        source="the mistake behind stateful options everywhere; neither version makes it",
        inject=forgotten_state,
        invariant=state_is_carried,
    ),
    Deviation(
        id="stale_state",
        title="State carried into unrelated text",
        place="Elman 1990, Fig. 2 (context units)",
        paper_says="The context units hold the state of the text just before.",
        code_does="Shuffles the chunks and still carries the state from one to the next.",
        kind="bug",
        introduced="",
        fixed="",
        source="FluxML/model-zoo, pull request 320; neither version makes it",
        inject=stale_state,
        invariant=chunks_are_contiguous,
    ),
    Deviation(
        id="attached_state",
        title="Carried state left in the graph",
        place="truncated backpropagation through time",
        paper_says="Gradients end at the beginning of the chunk.",
        code_does="Carries the state with its graph: the second step fails or memory grows.",
        kind="bug",
        introduced="",
        fixed="",
        source="the error 'backward through the graph a second time'; neither version makes it",
        inject=attached_state,
        invariant=state_is_cut_from_its_graph,
        trained=False,
    ),
)
