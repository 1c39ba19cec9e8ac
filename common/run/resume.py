"""What a torch version's training must carry on with: all that changes from step to step, by name.

How it lies on the disk is the matter of `checkpoints.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch

State = Mapping[str, "torch.Tensor | np.ndarray"]  # as a version gives it
Stored = dict[str, torch.Tensor]  # as it comes back, whatever it was


def pack(
    net: torch.nn.Module, optimizer: Any = None, masters: Any = None, carried: Any = None
) -> Stored:
    """Everything that changes from step to step in a torch version, as flat named tensors.

    A net that no optimizer trains, such as a momentum encoder, has neither optimizer nor masters.
    """
    state = {f"model.{name}": value for name, value in net.state_dict().items()}
    state |= {f"carried.{name}": value for name, value in (carried or {}).items()}
    for i, (parameter, master) in _trained(masters):
        if parameter is not master:
            state[f"master.{i}"] = master.detach()
        for name, value in optimizer.state.get(master, {}).items():
            state[f"optimizer.{i}.{name}"] = torch.as_tensor(value)
    return {name: value.detach() for name, value in state.items()}


def unpack(
    state: Stored,
    net: torch.nn.Module,
    optimizer: Any = None,
    masters: Any = None,
    carried: Any = None,
) -> None:
    """Put back what `pack` took."""
    net.load_state_dict(_under(state, "model."))
    for name, value in _under(state, "carried.").items():
        carried[name] = value.to(carried[name])
    for i, (parameter, master) in _trained(masters):
        if parameter is not master:
            master.data.copy_(state[f"master.{i}"])
        if entries := _under(state, f"optimizer.{i}."):
            optimizer.state[master] = {
                name: value if name == "step" else value.to(master)
                for name, value in entries.items()
            }


def _trained(masters) -> enumerate:
    """The parameters that an optimizer trains, numbered, each with its master."""
    return enumerate(zip(masters.parameters, masters.masters) if masters else ())


def _under(state: Stored, prefix: str) -> Stored:
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}


Parts = dict[str, tuple]  # name -> (net, optimizer, masters, carried), the last three or not


def pack_all(parts: Parts) -> Stored:
    """As `pack`, of several nets: the names of each begin with that of its part."""
    return {
        f"{part}.{name}": value for part, own in parts.items() for name, value in pack(*own).items()
    }


def unpack_all(state: Stored, parts: Parts) -> None:
    """Put back what `pack_all` took."""
    for part, own in parts.items():
        unpack(_under(state, f"{part}."), *own)
