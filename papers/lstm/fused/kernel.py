"""The steps of a layer in C++: each is one product, and all that follows it.

A few cells at a time: the sums of their four gates stay in registers from the first term of the
product to the last, and become c and h there, without a way through memory. A library's product
would lay the same weights out anew at each step, and the element-wise operations behind it would
read and write memory thirty times. The loops of Recurrence in model.py compute the same: read them
first.

Letters as in model.py. N is the type in which numbers are kept, float or bfloat16; sums, the cells
and what comes back to them are float.
"""

CPP = r"""
#include <cstdint>
#include <cstring>
#include <vector>
#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

#if defined(__AVX512F__)  // numbers in a register, and cells whose gates' sums fit into all of them
constexpr long LANE = 16, CELLS = 2;
#elif defined(__AVX__)
constexpr long LANE = 8, CELLS = 1;
#else
constexpr long LANE = 4, CELLS = 1;
#endif
#define SIZES long T, long B, long H, long I  // steps, streams, cells, inputs
constexpr long ROWS = 4 * CELLS, WIDE = 2 * LANE;
typedef float lane __attribute__((vector_size(4 * LANE)));
typedef int32_t whole __attribute__((vector_size(4 * LANE)));

struct half { uint16_t bits; };  // bfloat16: the upper half of a float
static inline float number(float x) { return x; }
static inline float number(half x) {
    uint32_t bits = uint32_t(x.bits) << 16;
    float value;
    memcpy(&value, &bits, 4);
    return value;
}
static inline void keep(float& to, float x) { to = x; }
static inline void keep(half& to, float x) {  // to the nearest, ties to even
    uint32_t bits;
    memcpy(&bits, &x, 4);
    to.bits = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

// The first n numbers at p. Mostly n = LANE, and the loop is a single instruction.
template <class N> static inline lane load(const N* p, long n) {
    float x[LANE] = {};
    if (n == LANE) for (long i = 0; i < LANE; i++) x[i] = number(p[i]);
    else for (long i = 0; i < n; i++) x[i] = number(p[i]);
    lane v;
    memcpy(&v, x, sizeof v);
    return v;
}
template <class N> static inline void store(N* p, lane v, long n) {
    float x[LANE];
    memcpy(x, &v, sizeof v);
    if (n == LANE) for (long i = 0; i < LANE; i++) keep(p[i], x[i]);
    else for (long i = 0; i < n; i++) keep(p[i], x[i]);
}

// exp(x) = 2^n exp(r) with |r| <= ln(2) / 2, where few terms of the series suffice. NaN stays NaN.
static inline lane exponential(lane x) {
    x = x > 87.f ? lane{} + 87.f : x < -87.f ? lane{} - 87.f : x;
    lane shifted = x / 0.693147181f + 12582912.f;  // + 1.5 * 2^23: nothing is left behind the point
    lane n = shifted - 12582912.f, r = x - n * 0.693359375f + n * 2.12194440e-4f;
    lane p = 1 / 120.f + r * (1 / 720.f);
    p = 1.f + r * (1.f + r * (1 / 2.f + r * (1 / 6.f + r * (1 / 24.f + r * p))));
    whole power;
    memcpy(&power, &shifted, sizeof power);
    power = (power << 23) + (127 << 23);  // 2^n, by its exponent
    memcpy(&n, &power, sizeof n);
    return p * n;
}
static inline lane sigmoid(lane x) { return 1.f / (1.f + exponential(-x)); }
static inline lane tanh(lane x) { return 2.f * sigmoid(2.f * x) - 1.f; }

// Rows k and k + 1 of what a step reads, laid where the products read them: P streams in a row.
template <class N>
static inline void pack(float* to, const N* from, long k, long row, long B, long P) {
    for (long i = k; i < k + 2; i++)
        for (long b = 0; b < B; b++) to[i * P + b] = number(from[i * row + b]);
}
// sum[r] = w[r] x, for R rows of a matrix and the L lanes of streams at x. Loops of fixed length
// unrolled, `own` is no memory: each of its lanes is a register.
#define UNROLLED _Pragma("GCC unroll 16")
template <long R, long L, class N>
static inline void multiply(lane (&sum)[R][L], const N* (&w)[R], const float* x, long K, long P) {
    lane own[R][L] = {}, column[L];
    for (long k = 0; k < K; k++) {
        UNROLLED for (long l = 0; l < L; l++)
            memcpy(&column[l], x + k * P + l * LANE, sizeof(lane));
        UNROLLED for (long r = 0; r < R; r++)
            UNROLLED for (long l = 0; l < L; l++) own[r][l] += number(w[r][k]) * column[l];
    }
    UNROLLED for (long r = 0; r < R; r++)
        UNROLLED for (long l = 0; l < L; l++) sum[r][l] = own[r][l];
}
template <class N> struct Packed { typedef float type; static constexpr long step = 1; };

#ifdef __AVX512BF16__  // a pair of products of bfloat16 at once: so k and k + 1 lie side by side
template <> struct Packed<half> { typedef half type; static constexpr long step = 2; };
static inline void pack(half* to, const half* from, long k, long row, long B, long P) {
    for (long b = 0; b < B; b++) {
        to[k * P + 2 * b] = from[k * row + b];
        to[k * P + 2 * b + 1] = from[(k + 1) * row + b];
    }
}
template <long R, long L>
static inline void multiply(lane (&sum)[R][L], const half* (&w)[R], const half* x, long K, long P) {
    __m512 own[R][L] = {};
    __m512bh column[L], both;
    for (long k = 0; k < K; k += 2) {
        UNROLLED for (long l = 0; l < L; l++)
            memcpy(&column[l], x + k * P + 2 * l * LANE, sizeof(lane));
        UNROLLED for (long r = 0; r < R; r++) {
            int32_t pair;
            memcpy(&pair, w[r] + k, 4);
            both = (__m512bh)_mm512_set1_epi32(pair);
            UNROLLED for (long l = 0; l < L; l++)
                own[r][l] = _mm512_dpbf16_ps(own[r][l], both, column[l]);
        }
    }
    UNROLLED for (long r = 0; r < R; r++)
        UNROLLED for (long l = 0; l < L; l++) sum[r][l] = (lane)own[r][l];
}
#endif

// Gates o, i, f, g (T, 4, H, B), what each step reads (R, T + 1, B) and the cells (T + 1, H, B), of
// both the first given; w (4 H, R).
template <class N, long J, long L>  // J cells from j on, L lanes of streams from b on
static void read_cells(N* gates, N* seen, float* cells, const N* w,
                       const typename Packed<N>::type* x, long j, long b, long t, SIZES, long K,
                       long P) {
    const N* rows[4 * J];
    lane sum[4 * J][L];
    for (long r = 0; r < 4 * J; r++) rows[r] = w + (r / J * H + j + r % J) * K;
    multiply(sum, rows, x + b * Packed<N>::step, K, P);
    for (long i = 0; i < J; i++)
        for (long l = 0; l < L; l++) {
            long first = b + l * LANE, n = B - first < LANE ? B - first : LANE;
            lane o = sigmoid(sum[i][l]), in = sigmoid(sum[J + i][l]);
            lane f = sigmoid(sum[2 * J + i][l]), g = tanh(sum[3 * J + i][l]);
            float* c = cells + (t * H + j + i) * B + first;
            lane now = f * load(c, n) + in * g;
            store(c + H * B, now, n);
            store(seen + ((I + j + i) * (T + 1) + t + 1) * B + first, o * tanh(now), n);
            lane all[4] = {o, in, f, g};
            for (long q = 0; q < 4; q++)
                store(gates + ((t * 4 + q) * H + j + i) * B + first, all[q], n);
        }
}

template <class N>
static void forward(N* gates, N* seen, float* cells, const N* w, SIZES) {
    long P = (B + LANE - 1) / LANE * LANE, K = (I + H + 2) / 2 * 2;
    std::vector<typename Packed<N>::type> read(K * P);
    for (long t = 0; t < T; t++) {
        for (long k = 0; k < K; k += 2) pack(read.data(), seen + t * B, k, (T + 1) * B, B, P);
        for (long j = 0; j < H; j += CELLS)
            for (long b = 0; b < B; b += WIDE) {
                bool one = P - b == LANE;
                auto f = H - j < CELLS ? (one ? read_cells<N, 1, 1> : read_cells<N, 1, 2>)
                                       : (one ? read_cells<N, CELLS, 1> : read_cells<N, CELLS, 2>);
                f(gates, seen, cells, w, read.data(), j, b, t, T, B, H, I, K, P);
            }
    }
}

template <class N, long R, long L>  // R rows of what was read from k on
static void send_back(N* d_x, float* d_h, const N* w, const typename Packed<N>::type* d,
                      long k, long b, long t, SIZES, long P) {
    const N* rows[R];
    lane sum[R][L];
    for (long r = 0; r < R; r++) rows[r] = w + (k + r) * 4 * H;
    multiply(sum, rows, d + b * Packed<N>::step, 4 * H, P);
    for (long r = 0; r < R; r++)
        for (long l = 0; l < L; l++) {
            long first = b + l * LANE, n = B - first < LANE ? B - first : LANE;
            if (k + r < I) store(d_x + (t * I + k + r) * B + first, sum[r][l], n);
            else store(d_h + (k + r - I) * B + first, sum[r][l], n);
        }
}

template <class N>
static void backward(N* d_gates, N* d_x, float* d_h, float* d_c, const N* d_outputs, const N* gates,
                     const float* cells, const N* w, SIZES, long needs_x) {
    long P = (B + LANE - 1) / LANE * LANE, step = H * B, far = step * T;  // from gate to gate
    std::vector<typename Packed<N>::type> read(4 * H * P);
    for (long t = T - 1; t >= 0; t--) {
        for (long j = 0; j < H; j++)
            for (long b = 0; b < B; b += LANE) {
                long n = B - b < LANE ? B - b : LANE, at = (t * H + j) * B + b;
                const float* c = cells + at;
                const N* z = gates + at + 3 * t * step;
                N* d = d_gates + (j * T + t) * B + b;
                lane o = load(z, n), i = load(z + step, n);
                lane f = load(z + 2 * step, n), g = load(z + 3 * step, n);
                lane dh = load(d_h + j * B + b, n) + load(d_outputs + at, n);
                lane s = tanh(load(c + step, n));
                lane dc = load(d_c + j * B + b, n) + dh * o * (1.f - s * s);
                store(d, dh * s * o * (1.f - o), n);
                store(d + far, dc * g * i * (1.f - i), n);
                store(d + 2 * far, dc * load(c, n) * f * (1.f - f), n);
                store(d + 3 * far, dc * i * (1.f - g * g), n);
                store(d_c + j * B + b, dc * f, n);  // the constant error carousel, times f
            }
        for (long k = 0; k < 4 * H; k += 2) pack(read.data(), d_gates + t * B, k, T * B, B, P);
        for (long k = needs_x ? 0 : I, R = ROWS; k < I + H; k += R) {
            R = I + H - k < ROWS ? 1 : ROWS;
            for (long b = 0; b < B; b += WIDE) {
                bool one = P - b == LANE;
                auto f = R == 1 ? (one ? send_back<N, 1, 1> : send_back<N, 1, 2>)
                                : (one ? send_back<N, ROWS, 1> : send_back<N, ROWS, 2>);
                f(d_x, d_h, w, read.data(), k, b, t, T, B, H, I, P);
            }
        }
    }
}

#define FUNCTIONS(N, name)                                                                    \
    void forward_##name(N* gates, N* seen, float* cells, const N* w, SIZES) {       \
        forward(gates, seen, cells, w, T, B, H, I);                                           \
    }                                                                                         \
    void backward_##name(N* d_gates, N* d_x, float* d_h, float* d_c, const N* d_outputs,      \
                         const N* gates, const float* cells, const N* w, SIZES, long needs_x) { \
        backward(d_gates, d_x, d_h, d_c, d_outputs, gates, cells, w, T, B, H, I, needs_x);    \
    }
extern "C" {
FUNCTIONS(float, float32)
FUNCTIONS(half, bfloat16)
}
"""
