"""The selective scan in one pass over memory (Sec. 3.3.2): C++ with OpenMP, built at first use.

A plain scan writes exp(Delta A), Delta B x and all states, each N times as large as its inputs.
Here they live in registers and cache: forward keeps the state at the beginning of every piece of
K tokens, and backward computes the states of a piece again from there, as the paper does.

The library lies where torch keeps its own (TORCH_EXTENSIONS_DIR, or the user's cache), under a
name that holds the hash of its source, so it is built once. Plain C functions through ctypes: that
builds in two seconds, where a binding with torch's headers takes forty, and it asks for a compiler
alone, where torch.utils.cpp_extension also asks for ninja.

B is the batch, T tokens, E channels, N states of a channel, J pieces, G groups of channels.
"""

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import torch
from torch.autograd.function import Function, once_differentiable

PIECE = 32  # tokens: the states of a piece of 16 channels fit into a core's first two caches
GROUP = 128  # channels, or fewer: sums over channels are kept for each group

SOURCE = r"""
#include <cstdint>
#include <cstring>
#include <vector>
// 16 channels at a time. Each is a lane, so states of a channel never meet across lanes.
typedef float V __attribute__((vector_size(64)));
typedef int32_t I __attribute__((vector_size(64)));
static inline V load(const float *p, int lanes) {
    V v = {};
    if (lanes == 16) memcpy(&v, p, 64); else memcpy(&v, p, 4 * lanes);
    return v;
}
static inline void store(float *p, V v, int lanes) {
    if (lanes == 16) memcpy(p, &v, 64); else memcpy(p, &v, 4 * lanes);
}
static inline V exponential(V x) {  // x = k ln 2 + r; a polynomial for e^r, 2 ulp; then times 2^k
    x = x < -87.f ? V{} - 87.f : x;
    x = x > 88.f ? V{} + 88.f : x;
    V k = x * 1.44269504f + 12582912.f - 12582912.f;
    V r = x - k * .693359375f + k * 2.12194440e-4f;
    V p = V{} + 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.f;
    I power = (__builtin_convertvector(k, I) + 127) << 23;
    V scale;
    memcpy(&scale, &power, 64);
    return p * scale;
}
static inline float sum(V v) { float s = 0; for (int i = 0; i < 16; i++) s += v[i]; return s; }
typedef int64_t L;

// x, delta, y: (B, T, E); a: (N, E); b, c: (B, T, N); h, last: (B, N, E); begins: (B, J, N, E).
extern "C" void forward(const float *x, const float *delta, const float *a, const float *b,
        const float *c, const float *h, float *y, float *begins, float *last,
        L B, L T, L E, L N, L K, int threads) {
    L blocks = (E + 15) / 16, J = (T + K - 1) / K;
    #pragma omp parallel for num_threads(threads) schedule(static)
    for (L job = 0; job < B * blocks; job++) {
        L i = job / blocks, e = job % blocks * 16;
        int lanes = E - e < 16 ? E - e : 16;
        std::vector<V> state(2 * N);
        V *s = state.data(), *A = s + N;
        for (L n = 0; n < N; n++) {
            s[n] = load(h + (i * N + n) * E + e, lanes);
            A[n] = load(a + n * E + e, lanes);
        }
        for (L t = 0; t < T; t++) {
            if (begins && t % K == 0)
                for (L n = 0; n < N; n++)
                    store(begins + ((i * J + t / K) * N + n) * E + e, s[n], lanes);
            L at = (i * T + t) * E + e;
            const float *bt = b + (i * T + t) * N, *ct = c + (i * T + t) * N;
            V d = load(delta + at, lanes), dx = d * load(x + at, lanes), out = {};
            for (L n = 0; n < N; n++) {
                s[n] = exponential(d * A[n]) * s[n] + dx * bt[n];
                out += s[n] * ct[n];
            }
            store(y + at, out, lanes);
        }
        for (L n = 0; n < N; n++) store(last + (i * N + n) * E + e, s[n], lanes);
    }
}

// dy, dx, ddelta: (B, T, E); dlast, dh, da: (B, N, E); db, dc: (G, B, T, N).
extern "C" void backward(const float *x, const float *delta, const float *a, const float *b,
        const float *c, const float *begins, const float *dy, const float *dlast, float *dx,
        float *ddelta, float *da, float *db, float *dc, float *dh,
        L B, L T, L E, L N, L K, L G, L width, int threads) {
    L J = (T + K - 1) / K, most = (width + 15) / 16;
    #pragma omp parallel for num_threads(threads) schedule(static)
    for (L job = 0; job < B * G; job++) {
        L i = job / G, group = job % G, end = (group + 1) * width < E ? (group + 1) * width : E;
        // Of a block of 16 channels: states before each token of a piece, and how they decay.
        std::vector<V> memory(4 * K * N + 3 * most * N);
        V *before = memory.data(), *decay = before + K * N;
        V *sb = decay + K * N, *sc = sb + K * N, *g = sc + K * N, *A = g + most * N;
        V *ga = A + most * N;
        for (L e = group * width, k = 0; e < end; e += 16, k += N)
            for (L n = 0; n < N; n++) {
                int lanes = end - e < 16 ? end - e : 16;
                A[k + n] = load(a + n * E + e, lanes);
                g[k + n] = load(dlast + (i * N + n) * E + e, lanes);
            }
        for (L j = J - 1; j >= 0; j--) {
            L first = j * K, tokens = T - first < K ? T - first : K;
            for (L m = 0; m < tokens * N; m++) sb[m] = sc[m] = V{};
            for (L e = group * width, k = 0; e < end; e += 16, k += N) {
                int lanes = end - e < 16 ? end - e : 16;
                for (L n = 0; n < N; n++)
                    before[n] = load(begins + ((i * J + j) * N + n) * E + e, lanes);
                for (L t = 0; t < tokens; t++) {
                    L at = (i * T + first + t) * E + e;
                    const float *bt = b + (i * T + first + t) * N;
                    V d = load(delta + at, lanes), u = d * load(x + at, lanes);
                    for (L n = 0; n < N; n++) {
                        V q = exponential(d * A[k + n]);
                        decay[t * N + n] = q;
                        if (t + 1 < tokens)
                            before[(t + 1) * N + n] = q * before[t * N + n] + u * bt[n];
                    }
                }
                for (L t = tokens - 1; t >= 0; t--) {
                    L at = (i * T + first + t) * E + e;
                    const float *bt = b + (i * T + first + t) * N;
                    const float *ct = c + (i * T + first + t) * N;
                    V d = load(delta + at, lanes), v = load(x + at, lanes), u = d * v;
                    V slope = load(dy + at, lanes), gb = {}, gd = {};
                    for (L n = 0; n < N; n++) {
                        L m = t * N + n;
                        V kept = decay[m] * before[m], all = g[k + n] + slope * ct[n];
                        sc[m] += slope * (kept + u * bt[n]);
                        sb[m] += all * u;
                        gb += all * bt[n];
                        V w = all * kept;
                        gd += w * A[k + n];
                        ga[k + n] += w * d;
                        g[k + n] = all * decay[m];
                    }
                    store(dx + at, gb * d, lanes);
                    store(ddelta + at, gb * v + gd, lanes);
                }
            }
            for (L m = 0; m < tokens * N; m++) {
                L at = ((group * B + i) * T + first) * N + m;
                db[at] = sum(sb[m]);
                dc[at] = sum(sc[m]);
            }
        }
        for (L e = group * width, k = 0; e < end; e += 16, k += N)
            for (L n = 0; n < N; n++) {
                int lanes = end - e < 16 ? end - e : 16;
                store(da + (i * N + n) * E + e, ga[k + n], lanes);
                store(dh + (i * N + n) * E + e, g[k + n], lanes);
            }
    }
}
"""
WIDE = {  # what torch says of the processor: the same library then serves all that are alike
    "AVX512": ["-mavx512f", "-mavx512dq", "-mavx512bw", "-mavx512vl", "-mavx2", "-mfma"],
    "AVX2": ["-mavx2", "-mfma"],
}


def flags():
    return ["-O3", "-std=c++17", "-shared", "-fPIC", "-fopenmp", "-w"] + WIDE.get(
        torch.backends.cpu.get_cpu_capability(), []
    )


def folder():
    """Where torch keeps what it compiles."""
    named = os.environ.get("TORCH_EXTENSIONS_DIR")
    return Path(named) if named else Path("~/.cache/torch_extensions").expanduser()


def build():
    """The library's path, compiled if it is not there. OSError or CalledProcessError if it cannot
    be. Several processes may come at once: each writes a file of its own, then renames it."""
    compiler = shutil.which(os.environ.get("CXX", "c++")) or shutil.which("g++")
    if compiler is None:
        raise FileNotFoundError("no C++ compiler (c++, g++ or CXX) is found")
    key = hashlib.sha256("\n".join([SOURCE, compiler, *flags()]).encode()).hexdigest()[:16]
    place = folder() / f"palimpsest_mamba_{key}.so"
    if not place.is_file():
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent) as made:
            source, library = Path(made) / "scan.cpp", Path(made) / "scan.so"
            source.write_text(SOURCE)
            command = [compiler, *flags(), str(source), "-o", str(library)]
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
            library.replace(place)
    return place


@cache
def library():
    """The compiled scan, or None after one line that says why there is none."""
    try:
        found = ctypes.CDLL(str(build()))
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        print(
            "note: version 2's scan takes the place of Mamba's compiled one, some ten times as slow"
            f" ({' '.join(said.split())[:200]}): install g++ or clang, or name one in CXX.",
            file=sys.stderr,
        )
        return None
    found.forward.restype = found.backward.restype = None
    return found


def can(x):
    """Whether `Fused` can scan `x`: float32 on a CPU for which the library could be built."""
    return x.dtype == torch.float32 and x.device.type == "cpu" and library() is not None


def call(function, tensors, sizes):
    """A C function of pointers to float32, then of sizes, then of threads."""
    pointers = [None if x is None else ctypes.c_void_p(x.data_ptr()) for x in tensors]
    function(*pointers, *map(ctypes.c_int64, sizes), ctypes.c_int(torch.get_num_threads()))


class Fused(Function):
    """`x` and `delta` (B, T, E), `a` (N, E), `b` and `c` (B, T, N), `h` (B, N, E), float32 on the
    CPU -> y (B, T, E) and the last state (B, N, E)."""

    @staticmethod
    def forward(ctx, x, delta, a, b, c, h):
        given = [value.contiguous() for value in (x, delta, a, b, c, h)]
        (batch, tokens, channels), states = x.shape, len(a)
        y, last = torch.empty_like(given[0]), torch.empty_like(given[5])
        begins = None
        if any(ctx.needs_input_grad):
            begins = y.new_empty(batch, -(-tokens // PIECE), states, channels)
        sizes = (batch, tokens, channels, states, PIECE)
        call(library().forward, (*given, y, begins, last), sizes)
        ctx.save_for_backward(*given[:5], begins)
        return y, last

    @staticmethod
    @once_differentiable
    def backward(ctx, dy, dlast):
        *given, begins = ctx.saved_tensors
        x, delta, a, b, c = given
        (batch, tokens, channels), states = x.shape, len(a)
        groups = -(-channels // GROUP)
        dx, ddelta = torch.empty_like(x), torch.empty_like(x)
        da, dh = (x.new_empty(batch, states, channels) for _ in range(2))
        db, dc = (x.new_empty(groups, *b.shape) for _ in range(2))
        slopes = dy.contiguous(), dlast.contiguous()
        sizes = (batch, tokens, channels, states, PIECE, groups, GROUP)
        call(library().backward, (*given, begins, *slopes, dx, ddelta, da, db, dc, dh), sizes)
        return dx, ddelta, da.sum(0), db.sum(0), dc.sum(0), dh
