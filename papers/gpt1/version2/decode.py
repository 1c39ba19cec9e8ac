"""A text that is read on, with keys and values kept.

Shapes: B rows, T positions, V tokens.
"""

import torch


def begin(net, tokens):
    """An empty cache for `tokens`' batch. All its tensors have the batch first."""
    c, weight = net.config, net.tokens_embed.weight
    shape = (len(tokens), c.heads, c.context, c.d_model // c.heads)
    names = [f"{kind}.{n}" for n in range(c.layers) for kind in ("key", "value")]
    return {"tokens": tokens[:, :0], **{name: weight.new_zeros(shape) for name in names}}


def read(net, tokens, state=None):
    """Scores (B, T, V) after each of `tokens`, which follow those read into `state`; the state.

    The state is written in place: to go on from it twice, copy its tensors. Where the window is
    full, its last half is read anew, because learned positions cannot move.
    """
    state, found = dict(state) if state else begin(net, tokens), []
    context = net.config.context
    while tokens.shape[1]:
        if state["tokens"].shape[1] == context:
            half = state["tokens"][:, context - context // 2 :]
            state["tokens"] = half[:, :0]
            if half.shape[1]:
                net(half, state)
        fitting = tokens[:, : context - state["tokens"].shape[1]]
        found.append(net(fitting, state))
        tokens = tokens[:, fitting.shape[1] :]
    return torch.cat(found, 1), state
