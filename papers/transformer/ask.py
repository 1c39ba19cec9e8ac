"""The attentions of a torch net of this room, and what goes into them."""

from __future__ import annotations

from collections.abc import Iterator


def inputs_of(net, run) -> dict:
    """Attention module -> what it was called with, while `run()` runs the torch net."""
    seen: dict = {}
    modules = [attention for _, _, _, attention in layers_of(net)]
    hooks = [m.register_forward_pre_hook(lambda m, given: seen.update({m: given})) for m in modules]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def layers_of(net) -> Iterator[tuple]:
    """Name, sides of queries and keys, and module, of every attention of a torch net."""
    for n, layer in enumerate(net.encoder, 1):
        yield f"encoder, layer {n}", "source", "source", layer.attention
    for n, layer in enumerate(net.decoder, 1):
        yield f"decoder, layer {n}", "target", "target", layer.attention
    for n, layer in enumerate(net.decoder, 1):
        yield f"decoder to encoder, layer {n}", "target", "source", layer.cross
