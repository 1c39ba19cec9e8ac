"""The fingerprint of a machine and a two-second probe of its speed. No host names."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import resource
import sys
import time
from pathlib import Path

import psutil
import torch

from common.records.record import Hardware
from common.run.engine import Engine
from common.run.processors import hardware_name, processor

PROBE_SECONDS = 1.0  # for each of the two measurements


def fingerprint(engine: Engine) -> Hardware:
    """Describe and probe this machine as `engine` uses it."""
    cuda = engine.device.type == "cuda"
    accelerator = torch.cuda.get_device_name(engine.device) if cuda else None
    dtype = "bfloat16" if engine.dtype == torch.bfloat16 else "float32"
    here = processor()
    return Hardware(
        name=hardware_name(here, accelerator, engine.threads, dtype, engine.processes),
        device="cuda" if cuda else "cpu",
        processor=here,
        accelerator=accelerator,
        cores=cores(),
        memory_gib=round(psutil.virtual_memory().total / 2**30),
        threads=engine.threads,
        dtype=dtype,
        matmul_gflops=round(matmul_gflops(engine.device), 1),
        copy_gb_per_s=round(copy_gb_per_s(engine.device), 1),
    )


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def matmul_gflops(device: torch.device, size: int = 1024) -> float:
    """Best speed of float32 matrix products of `size`, in 10^9 operations per second."""
    a, b = torch.ones(size, size, device=device), torch.ones(size, size, device=device)
    return 2 * size**3 / _best_seconds(lambda: a @ b, device) / 1e9


def copy_gb_per_s(device: torch.device, mebibytes: int = 128) -> float:
    """Best memory bandwidth of a copy, bytes read plus bytes written, in 10^9 per second."""
    source = torch.zeros(mebibytes * 2**18, device=device)
    target = torch.empty_like(source)
    return 2 * source.nbytes / _best_seconds(lambda: target.copy_(source), device) / 1e9


def _best_seconds(work, device: torch.device) -> float:
    work()
    times: list[float] = []
    while sum(times) < PROBE_SECONDS:
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return min(times)  # what else runs on the machine can only slow it down


class PeakMemory:
    """Most memory held since this object was made: on a GPU the device's, else this process's."""

    def __init__(self, device: torch.device):
        self.device = device
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        else:
            # Linux: "5" sets the high-water mark back to what is resident now.
            with contextlib.suppress(OSError):
                Path("/proc/self/clear_refs").write_text("5", encoding="ascii")

    def mib(self) -> float:
        """The peak in MiB."""
        if self.device.type == "cuda":
            return torch.cuda.max_memory_allocated(self.device) / 2**20
        with contextlib.suppress(OSError):
            status = Path("/proc/self/status").read_text(encoding="ascii")
            if found := re.search(r"VmHWM:\s*(\d+) kB", status):
                return int(found[1]) / 2**10
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # the process's whole life
        return peak / (2**20 if sys.platform == "darwin" else 2**10)


def environment() -> dict[str, str]:
    """Versions of what a run computes with."""
    import numpy

    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": numpy.__version__,
    }
