"""The selective scan in one pass over memory (Sec. 3.3.2), in C++.

A plain scan writes exp(Delta A), Delta B x and all states, each N times as large as its inputs.
Here they live in registers and cache: forward keeps the state at the beginning of every piece of
K tokens, and backward computes the states of a piece again from there, as the paper does. Threads
share the rows and channels; each sum has one order, so that their number changes no result.

Letters as in model.py. J is 0 where no gradient is wanted: then no states are kept. G groups of
`width` channels: sums over channels, the gradients of b and c, are taken for each group.
"""

FLAGS = ("-fopenmp",)
CPP = r"""
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
typedef long L;

// x, delta, y: (B, T, E); a: (N, E); b, c: (B, T, N); h, last: (B, N, E); begins: (B, J, N, E).
extern "C" void forward(const float *x, const float *delta, const float *a, const float *b,
        const float *c, const float *h, float *y, float *begins, float *last,
        L B, L T, L E, L N, L J, L K, L threads) {
    L blocks = (E + 15) / 16;
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
            if (J && t % K == 0)
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
        L B, L T, L E, L N, L J, L K, L G, L width, L threads) {
    L most = (width + 15) / 16;
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
