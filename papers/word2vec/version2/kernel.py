"""One example after the other in C++: as many short products as a NumPy loop would need calls.

`learn` in model.py computes the same: read it first.
"""

import numpy as np
import torch

FLAGS = (
    "-fopenmp-simd",  # sums of products in any order, and nothing else of OpenMP
    "-mprefer-vector-width=512",
)
CPP = r"""
#include <algorithm>
#include <cmath>
#include <vector>
#define SIMD _Pragma("omp simd")

static inline float dot(const float* x, const float* y, long size) {
    float sum = 0;
#pragma omp simd reduction(+ : sum)
    for (long d = 0; d < size; d++) sum += x[d] * y[d];
    return sum;
}
static inline void add(float* to, float g, const float* x, long size) {
    SIMD for (long d = 0; d < size; d++) to[d] += g * x[d];
}

extern "C" void learn(float* vectors, float* outer, const int* inputs, const long* input_starts,
                      const int* outputs, const float* labels, const long* output_starts,
                      const float* rate, double* loss, long examples, long size) {
    std::vector<float> h(size), back(size), g;
    for (long i = 0; i < examples; i++) {
        const int *in = inputs + input_starts[i], *in_end = inputs + input_starts[i + 1];
        const int *out = outputs + output_starts[i], *out_end = outputs + output_starts[i + 1];
        const float* label = labels + output_starts[i];
        for (const int* next = out_end; i + 1 < examples && next < outputs + output_starts[i + 2];
             next++)  // what the next example reads is on its way while this one computes
            for (long d = 0; d < size; d += 16) __builtin_prefetch(outer + *next * size + d);
        float share = 1.f / (in_end - in);
        std::fill(h.begin(), h.end(), 0.f);
        for (const int* w = in; w < in_end; w++) add(h.data(), share, vectors + *w * size, size);
        g.resize(out_end - out);
        double p = 1;
        for (long j = 0; j < out_end - out; j++) {
            float score = dot(h.data(), outer + out[j] * size, size);
            float s = 1 / (1 + std::exp(-score));
            g[j] = label[j] < 0 ? 0 : *rate * (label[j] - s);
            if (label[j] >= 0) p *= std::max(label[j] > 0 ? s : 1 - s, 1e-7f);
        }
        *loss -= std::log(p);
        std::fill(back.begin(), back.end(), 0.f);
        for (long j = 0; j < out_end - out; j++)
            add(back.data(), g[j], outer + out[j] * size, size);
        for (long j = 0; j < out_end - out; j++) add(outer + out[j] * size, g[j], h.data(), size);
        for (const int* w = in; w < in_end; w++)
            add(vectors + *w * size, share, back.data(), size);
    }
}
"""


def learn(library):
    """What was built, for arrays: as tensors, they stay where they are."""

    def called(*given):
        library.learn(*(torch.from_numpy(x) if isinstance(x, np.ndarray) else x for x in given))

    return called
