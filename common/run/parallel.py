"""One run in several processes: `torchrun --nproc-per-node 2 -m papers.<paper>.<version>.train`.

Every process holds the whole model and the whole batch, and computes its rows of it. What the
model returns is put together again, so every process sees the loss of the whole batch, whatever
its form; gradients are summed. The result is that of one process up to the order of sums. Dropout
draws other masks, because each process draws its own.

The first process trains as always: it keeps the checkpoints and the record. Its worker tells the
workers of the others which seed comes next. One process: nothing here does anything.
"""

from __future__ import annotations

import json
import os
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from common.errors import UserError

APART = 1_000_003  # between the processes' seeds of dropout


def world() -> int:
    """How many processes share the run; torchrun tells by the environment."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """The number of this process, from 0."""
    return int(os.environ.get("RANK", "0"))


def start() -> None:
    """Meet the other processes: over gloo on CPUs, over NCCL on GPUs, a GPU for each process."""
    if world() == 1:
        return
    gpus = torch.cuda.is_available()
    if gpus:
        torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
    dist.init_process_group("cpu:gloo,cuda:nccl" if gpus else "gloo")


def stop() -> None:
    """Part from the others: gloo's threads must not run when a process ends."""
    if world() > 1:
        dist.destroy_process_group()


def tell(message: dict[str, Any] | None = None) -> dict[str, Any] | None:
    """The first process's message, in every process."""
    if world() == 1:
        return message
    payload = torch.tensor(list(json.dumps(message).encode()), dtype=torch.uint8)
    size = torch.tensor([len(payload)])
    dist.broadcast(size, 0)
    if rank():
        payload = torch.empty(int(size), dtype=torch.uint8)
    dist.broadcast(payload, 0)
    return json.loads(bytes(payload.tolist()))


def agree(step: int) -> None:
    """UserError if the processes are about to go on from different steps."""
    if world() == 1:
        return
    ends = torch.tensor([step, -step])
    dist.all_reduce(ends, dist.ReduceOp.MAX)
    if ends[0] != -ends[1]:
        raise UserError("the processes do not see the same checkpoints: share local/resume.")


def spread(net: torch.nn.Module, method: str = "forward") -> torch.nn.Module:
    """The net, each of whose training calls is shared among the processes.

    `method` takes and returns tensors with the batch first, or None. Calls without gradients, as
    in an evaluation, every process makes for itself.
    """
    if world() == 1:
        return net
    whole = getattr(net, method)

    def shared(*inputs: Tensor | None):
        if not torch.is_grad_enabled():
            return whole(*inputs)
        total = next(len(x) for x in inputs if x is not None)
        if total < world():
            raise UserError(f"a batch of {total} cannot be shared by {world()} processes.")
        rows = slice(total * rank() // world(), total * (rank() + 1) // world())
        if rank():
            torch.manual_seed(torch.initial_seed() + rank() * APART)
        outputs = whole(*(x if x is None else x[rows] for x in inputs))
        if isinstance(outputs, Tensor):
            return _Gather.apply(outputs, total, rows)
        return tuple(_Gather.apply(output, total, rows) for output in outputs)

    setattr(net, method, shared)
    for parameter in net.parameters():
        parameter.register_hook(_sum)
    return net


def _sum(gradient: Tensor) -> Tensor:
    total = gradient.to_dense() if gradient.is_sparse else gradient.clone().contiguous()
    dist.all_reduce(total)
    return total.to_sparse(gradient.sparse_dim()) if gradient.is_sparse else total


class _Gather(torch.autograd.Function):
    """All rows from each process's own. Backwards: the gradient of the own rows."""

    @staticmethod
    def forward(ctx, own: Tensor, total: int, rows: slice) -> Tensor:
        ctx.rows = rows
        whole = own.new_zeros(total, *own.shape[1:])
        whole[rows] = own
        dist.all_reduce(whole)  # the others' rows are zero here
        return whole

    @staticmethod
    def backward(ctx, *gradients: Tensor):
        (gradient,) = gradients
        return gradient[ctx.rows], None, None
