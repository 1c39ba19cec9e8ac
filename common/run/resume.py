"""What a torch version's training must carry on with: all that changes from step to step, by name.

How it lies on the disk is the matter of `checkpoints.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

State = Mapping[str, "torch.Tensor | np.ndarray"]  # as a version gives it
Stored = dict[str, torch.Tensor]  # as it comes back, whatever it was


def pack(net: torch.nn.Module, optimizer: torch.optim.Optimizer, masters, carried: dict) -> Stored:
    """Everything that changes from step to step in a torch version, as flat named tensors."""
    state = {f"model.{name}": value for name, value in net.state_dict().items()}
    state |= {f"carried.{name}": value for name, value in carried.items()}
    for i, (parameter, master) in enumerate(zip(masters.parameters, masters.masters)):
        if parameter is not master:
            state[f"master.{i}"] = master.detach()
        for name, value in optimizer.state.get(master, {}).items():
            state[f"optimizer.{i}.{name}"] = torch.as_tensor(value)
    return {name: value.detach() for name, value in state.items()}


def unpack(
    state: Stored, net: torch.nn.Module, optimizer: torch.optim.Optimizer, masters, carried: dict
) -> None:
    """Put back what `pack` took."""
    net.load_state_dict(_under(state, "model."))
    for name, value in _under(state, "carried.").items():
        carried[name] = value.to(carried[name])
    for i, (parameter, master) in enumerate(zip(masters.parameters, masters.masters)):
        if parameter is not master:
            master.data.copy_(state[f"master.{i}"])
        if entries := _under(state, f"optimizer.{i}."):
            optimizer.state[master] = {
                name: value if name == "step" else value.to(master)
                for name, value in entries.items()
            }


def _under(state: Stored, prefix: str) -> Stored:
    return {k.removeprefix(prefix): v for k, v in state.items() if k.startswith(prefix)}
