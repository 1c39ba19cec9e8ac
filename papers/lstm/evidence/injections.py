"""Mistakes and choices to put into version 2's model, each with what must hold without it.

`deviations.py` says of each where it comes from. An injection is a function from the
model to replacements of its names; an invariant fails with the injection in.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

from papers.lstm.evidence import twins

OPEN = 40.0  # the sigmoid of this is 1 in float32, and its slope 0


# -- no forget gate -----------------------------------------------------------------------------


def no_forget_gate(model):
    """The gate's weights stay where they are, but it is open whatever they say."""
    given = model.Layer.weights

    def weights(layer):
        w_x, w_h, b = given(layer)
        kept = torch.ones_like(b)
        kept[rows(model, layer, "f")] = 0
        return w_x * kept[:, None], w_h * kept[:, None], b * kept + OPEN * (1 - kept)

    return {"Layer.weights": weights}


def rows(model, layer, gate: str) -> slice:
    """Where a gate stands in a layer's weights."""
    hidden, place = layer.w_h.shape[1], model.GATES.index(gate)
    return slice(place * hidden, (place + 1) * hidden)


def cells_can_forget(model):
    """With its forget gates told to shut, a layer must give up what its cells hold."""
    torch.manual_seed(0)
    layer = model.Layer(3, 5)
    with torch.no_grad():
        layer.b[rows(model, layer, "f")] = -OPEN
    x, held = torch.randn(1, 4, 3), torch.full((1, 2, 5), 9.0)
    with torch.no_grad():
        fresh, _ = layer(x, held * torch.tensor([1.0, 0.0])[:, None])  # the same h, empty cells
        assert torch.allclose(layer(x, held)[0], fresh, atol=1e-6)


# -- how forget gates begin ---------------------------------------------------------------------


def forget_bias_zero(model):
    return beginning(model, lambda bias: 0.0)


def double_forget_bias(model):
    return beginning(model, lambda bias: 2 * bias)


def beginning(model, changed):
    """The forget gates begin with another bias than the config says."""
    given = model.Layer.initialise

    def initialise(layer, forget_bias, input_std):
        given(layer, changed(forget_bias), input_std)

    return {"Layer.initialise": initialise}


def first_layer_alone(model):
    """The forget bias goes to the first layer; the others begin with 0."""
    given = model.Layer.initialise

    def initialise(layer, forget_bias, input_std):
        first = layer.w_x.shape[1] != layer.w_h.shape[1]
        given(layer, forget_bias if first else 0.0, input_std)

    return {"Layer.initialise": initialise}


def forget_gates_begin_as_told(model):
    """sigmoid(1) of what a cell holds must be left after a step, in each layer."""
    net = model.LSTM(model.Config(hidden=6, layers=3), 4)
    for layer in net.layers:
        for gate in model.GATES:
            wanted = 1.0 if gate == "f" else 0.0
            assert layer.b[rows(model, layer, gate)].eq(wanted).all()


# -- the error stops at the gates ---------------------------------------------------------------


def truncated_gradient(model):
    """Outputs that come back count as constants. They are found first, without a gradient; then
    the layer reads them as it reads its inputs."""
    given = model.Layer.forward

    def forward(layer, x, state=None):
        state = x.new_zeros(len(x), 2, layer.w_h.shape[1]) if state is None else state
        with torch.no_grad():
            outputs, _ = given(layer, x, state)
        before = torch.cat([state[:, :1], outputs[:, :-1]], 1).detach()  # h_(t-1)
        w_x, w_h, b = layer.weights()
        weights = torch.cat([w_x, w_h], 1), torch.zeros_like(w_h), b
        seen = torch.cat([x, before], 2).permute(1, 2, 0)
        outputs, c = model.Recurrence.apply(seen, *weights, *state.permute(1, 2, 0))
        return outputs.permute(2, 0, 1), torch.stack([outputs[-1], c]).permute(2, 0, 1)

    return {"Layer.forward": forward}


def the_whole_gradient_goes_back(model):
    assert twins.worst(model) <= 1e-5


# -- ranges of the squashing functions ----------------------------------------------------------


def ranges_of_1997(model):
    """g from -2 to 2 with a slope of 1, and h from -1 to 1 with a slope of 1/2, as in App. A.1.

    With c = s / 2 that is tanh twice: g = 2 tanh(x / 2), h = tanh(s / 2). So what differs is how
    large the weights of g are, and with them how fast they learn."""
    given = model.Layer.weights

    def weights(layer):
        w_x, w_h, b = given(layer)
        half = torch.ones_like(b)
        half[rows(model, layer, "g")] = 0.5
        return w_x * half[:, None], w_h * half[:, None], b * half

    return {"Layer.weights": weights}


# -- gates in another library's order -----------------------------------------------------------


def gate_order(model):
    """torch's weights read as if they stood in the order of ONNX: i, o, f, g."""

    def from_torch(weights, n=0, order="iofg"):
        return given(weights, n, order)

    given = model.from_torch
    return {"from_torch": from_torch}


def weights_of_torch_give_its_outputs(model):
    torch.manual_seed(0)
    theirs, x = torch.nn.LSTM(3, 5, batch_first=True), torch.randn(2, 7, 3)
    with torch.no_grad():
        ours, _ = model.from_torch(theirs.state_dict())(x)
        assert torch.allclose(ours, theirs(x)[0], atol=1e-5)


# -- the carried state --------------------------------------------------------------------------


def forgotten_state(model):
    return {"carry": lambda state, anew: None}


def state_is_carried(model):
    state = torch.ones(2, 1, 2, 3)
    carried = model.carry(state, False)
    assert carried is not None and torch.equal(carried, state)


# -- dropout from step to step ------------------------------------------------------------------


def recurrent_dropout(model):
    """Drops what goes from one step to the next as well, anew at each step."""
    given = model.Layer.forward

    def forward(layer, x, state=None):
        found = []
        for x_t in x.split(1, 1):
            outputs, state = given(layer, x_t, state)
            state = torch.stack([F.dropout(state[:, 0], 0.5, layer.training), state[:, 1]], 1)
            found.append(outputs)
        return torch.cat(found, 1), state

    return {"Layer.forward": forward}


def nothing_is_dropped_from_step_to_step(model):
    """In training, too, reading in two pieces must be reading the whole."""
    torch.manual_seed(0)
    layer, x = model.Layer(3, 16), torch.randn(2, 8, 3)
    first, state = layer.train()(x[:, :4])
    second, _ = layer(x[:, 4:], state)
    assert torch.allclose(torch.cat([first, second], 1), layer(x)[0], atol=1e-5)
