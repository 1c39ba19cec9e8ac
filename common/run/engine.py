"""How tensors are computed here: threads, precision of matrix products, allocator, attention.

Probed once at start; the choices are named in each record. Every version may use this module.
Figures that led to the choices stand in docs/architecture.md, "The engine".

Shapes: B batch, H heads, T queries, S keys, K components of either.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from common.errors import UserError, nearest
from common.run import parallel

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
MEDIUM_GAIN = 1.5
PLAIN_ATTENTION_BELOW = 512  # positions: on CPUs the fused kernel pays from about here on

# Read by glibc and OpenMP when a process starts, so a worker gets them before it imports torch.
# Large blocks stay mapped between steps, and idle OpenMP threads do not spin against the others.
ENVIRONMENT = {
    "MALLOC_MMAP_THRESHOLD_": "8589934592",
    "MALLOC_TRIM_THRESHOLD_": "8589934592",
    "MALLOC_TOP_PAD_": "268435456",
    "GOMP_SPINCOUNT": "20000",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # repeatable products on NVIDIA GPUs
}


@dataclass(frozen=True)
class Engine:
    """What a run computes with."""

    device: torch.device
    dtype: torch.dtype
    threads: int
    matmul: str  # torch.set_float32_matmul_precision: "highest" or "medium"
    processes: int = 1  # that share the run, see common/run/parallel.py

    def describe(self) -> dict[str, str]:
        """The choices as plain words, for the record."""
        allocator = all(os.environ.get(key) == value for key, value in ENVIRONMENT.items())
        return {
            "device": self.device.type,
            "dtype": str(self.dtype).removeprefix("torch."),
            "threads": str(self.threads),
            "matmul_precision": self.matmul,
            "allocator": "keep large blocks" if allocator else "default",
            "attention": f"plain below {PLAIN_ATTENTION_BELOW} positions",
        } | ({"processes": str(self.processes)} if self.processes > 1 else {})


def start(
    device: str = "cpu", dtype: str = "float32", threads: int = 1, matmul: str | None = None
) -> Engine:
    """Set this process up. UserError for a device or dtype that is not there.

    `matmul` is what a probe before this one found; without it, the probe is made here.
    """
    if dtype not in DTYPES:
        raise UserError(f"no dtype {dtype!r}." + nearest(dtype, DTYPES))
    if device not in ("cpu", "cuda"):
        raise UserError(f"no device {device!r}." + nearest(device, ("cpu", "cuda")))
    if device == "cuda" and not torch.cuda.is_available():
        raise UserError("this machine has no CUDA device: use --device cpu.")
    torch.set_num_threads(threads)
    # As use_deterministic_algorithms(True, warn_only=True), which loads the compiler: a second.
    torch.set_deterministic_debug_mode("warn")
    # pyrefly: ignore[missing-attribute]  # torch makes it a property of the module's class
    torch.utils.deterministic.fill_uninitialized_memory = False  # finds bugs, at the cost of time
    if device == "cuda":
        matmul = "highest"  # on a GPU "medium" is less exact, by design
    matmul = matmul or ("medium" if medium_pays() else "highest")
    torch.set_float32_matmul_precision(matmul)
    return Engine(torch.device(device), DTYPES[dtype], threads, matmul, parallel.world())


def medium_pays(size: int = 512, rounds: int = 15) -> bool:
    """Whether "medium" float32 products are as exact as "highest" ones here, and clearly faster.

    "medium" routes them through oneDNN: on some AVX-512 processors twice as fast without loss, on
    others no faster; with AMX it really computes in bfloat16. So both are measured, and the
    margin is wide, so that the answer on one machine is always the same.
    """
    before = torch.get_float32_matmul_precision()
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(size, size, generator=generator) for _ in range(2))
    exact = a.double() @ b.double()
    errors, seconds = {}, {"highest": [], "medium": []}
    for _ in range(rounds):  # interleaved: whatever slows the machine slows both
        for precision, times in seconds.items():
            torch.set_float32_matmul_precision(precision)
            start = time.process_time()  # time that others take of this processor is not counted
            product = a @ b
            times.append(time.process_time() - start)
            errors[precision] = (product - exact).abs().max().item()
    torch.set_float32_matmul_precision(before)
    # float32 sums in another order differ by a small factor; bfloat16 products by a thousand.
    is_exact = errors["medium"] <= 10 * errors["highest"]
    return is_exact and MEDIUM_GAIN * min(seconds["medium"]) < min(seconds["highest"])


def attention(q: Tensor, k: Tensor, v: Tensor, *, causal: bool = False) -> Tensor:
    """softmax(q k^T / sqrt(d_k)) v: (B, H, T, K), twice (B, H, S, K) -> (B, H, T, K)."""
    if q.device.type != "cpu" or q.shape[-2] >= PLAIN_ATTENTION_BELOW:
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal)
    scores = q @ k.transpose(-2, -1) * q.shape[-1] ** -0.5  # (B, H, T, S)
    if causal:
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)
        scores = scores.masked_fill(hidden, float("-inf"))
    return scores.softmax(-1) @ v


class Masters:
    """float32 master copies of parameters that are trained in another dtype.

    A bfloat16 weight of 1 cannot take a step of 1e-3: the optimizer works on the masters, and
    the parameters are rounded copies of them. For float32 parameters the masters are the
    parameters themselves, and nothing is copied.
    """

    def __init__(self, parameters: Iterable[Tensor]):
        self.parameters = list(parameters)
        self.masters = [
            p if p.dtype == torch.float32 else p.detach().float().requires_grad_()
            for p in self.parameters
        ]

    def take_gradients(self) -> None:
        """Move the parameters' gradients to the masters, in float32."""
        for p, master in zip(self.parameters, self.masters, strict=True):
            if p is not master:
                master.grad, p.grad = None if p.grad is None else p.grad.float(), None

    @torch.no_grad()
    def give_weights(self) -> None:
        """Round the masters back into the parameters."""
        for p, master in zip(self.parameters, self.masters, strict=True):
            if p is not master:
                p.copy_(master)
