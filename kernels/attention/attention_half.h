// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention in half precision (variant `half`) on vectors of 8 f16, for caches
// of f16 and int8; the arithmetic is attention_oracle.h's Half. Isa says how f16
// is added to f32: Isa::widen(lo, hi, x), lo and hi += the 4 lower and upper x.
// K and V of f16 are read where they stand; int8 is widened once per block.
#ifndef LLMC_KERNELS_ATTENTION_ATTENTION_HALF_H
#define LLMC_KERNELS_ATTENTION_ATTENTION_HALF_H

#include "kernels/attention/decode_attention_splits.h"
#include "kernels/attention/half_softmax.h"
#include <arm_neon.h>

namespace {

LLMC_INLINE float16x8_t loadHalf(const float16_t *p, int64_t n) {
  if (n >= 8)
    return vld1q_f16(p);
  float16_t x[8] = {};
  for (int64_t i = 0; i < n; ++i)
    x[i] = p[i];
  return vld1q_f16(x);
}

// sum[i][j] += q[i] . k[j] over columns c to c + 8 N - 1, N vectors.
template <int Q, int P, int N, bool First>
LLMC_INLINE void halfColumns(HalfRows q, const float16_t *const *k, int64_t c,
                             float16x8_t (*sum)[P]) {
  const float16_t *keys[P], *rows[Q];
  LLMC_UNROLL
  for (int j = 0; j < P; ++j) {
    keys[j] = k[j] + c;
    __asm__("" : "+r"(keys[j])); // offsets from here on are constants
  }
  LLMC_UNROLL
  for (int i = 0; i < Q; ++i) {
    rows[i] = q.x + i * q.stride + c;
    __asm__("" : "+r"(rows[i]));
  }
  LLMC_UNROLL
  for (int e = 0; e < N; ++e) {
    float16x8_t x[P];
    LLMC_UNROLL
    for (int j = 0; j < P; ++j)
      x[j] = vld1q_f16(keys[j] + 8 * e);
    LLMC_UNROLL
    for (int i = 0; i < Q; ++i) {
      float16x8_t y = vld1q_f16(rows[i] + 8 * e);
      LLMC_UNROLL
      for (int j = 0; j < P; ++j)
        sum[i][j] = First && e == 0 ? vmulq_f16(y, x[j])
                                    : vfmaq_f16(sum[i][j], y, x[j]);
    }
  }
}

// The same over the last 64 columns or less, from c to d.
template <int Q, int P>
LLMC_INLINE void halfColumns(HalfRows q, const float16_t *const *k, int64_t c,
                             int64_t d, float16x8_t (*sum)[P]) {
  LLMC_UNROLL
  for (int i = 0; i < Q * P; ++i)
    sum[i / P][i % P] = vdupq_n_f16(0);
  for (; c + 8 <= d; c += 8)
    halfColumns<Q, P, 1, false>(q, k, c, sum);
  for (int j = 0; c < d && j < P; ++j) {
    float16x8_t x = loadHalf(k[j] + c, d - c);
    for (int i = 0; i < Q; ++i)
      sum[i][j] = vfmaq_f16(sum[i][j], vld1q_f16(q.x + i * q.stride + c), x);
  }
}

// scores[i][p .. p + P) of Q queries; positions from n on repeat the last.
template <typename Isa, int Q, int P>
LLMC_INLINE void halfScores(HalfRows q, const float16_t *keys, int64_t p,
                            int64_t n, int64_t d, float (*scores)[kBlock]) {
  static_assert(Q * P % 8 == 0 && P % 4 == 0, "sums fill vectors");
  const float16_t *k[P];
  k[0] = keys + p * d;
  LLMC_UNROLL
  for (int j = 1; j < P; ++j)
    k[j] = p + j < n ? k[j - 1] + d : k[j - 1];
  for (int64_t c = 0; c < d; c += 64) {
    float16x8_t sum[Q][P], four[Q * P / 4];
    if (c + 64 <= d)
      halfColumns<Q, P, 8, true>(q, k, c, sum);
    else
      halfColumns<Q, P>(q, k, c, d, sum);
    LLMC_UNROLL
    for (int i = 0; i < Q * P; i += 4)
      four[i / 4] = vpaddq_f16(
          vpaddq_f16(sum[i / P][i % P], sum[i / P][i % P + 1]),
          vpaddq_f16(sum[i / P][i % P + 2], sum[i / P][i % P + 3]));
    LLMC_UNROLL
    for (int i = 0; i < Q * P; i += 8) {
      float16x8_t eight = vpaddq_f16(four[i / 4], four[i / 4 + 1]);
      float *to[2] = {&scores[i / P][p + i % P],
                      &scores[(i + 4) / P][p + (i + 4) % P]};
      float32x4_t x[2] = {vdupq_n_f32(0), vdupq_n_f32(0)};
      if (c) {
        x[0] = vld1q_f32(to[0]);
        x[1] = vld1q_f32(to[1]);
      }
      Isa::widen(x[0], x[1], eight);
      vst1q_f32(to[0], x[0]);
      vst1q_f32(to[1], x[1]);
    }
  }
}

LLMC_INLINE Vec<4> asVec(float32x4_t x) { return __builtin_bit_cast(Vec<4>, x); }

// A block's p . V, up to 4 N columns, to out.
template <int N>
LLMC_INLINE void joinColumns(float *out, const Join &j, const float32x4_t *x,
                             float unit, bool scaled, int64_t columns) {
  Vec<4> v[N], kept = j.kept, added = j.added;
  LLMC_UNROLL
  for (int i = 0; i < N; ++i)
    v[i] = scaled ? asVec(x[i]) * Vec<4>(unit) : asVec(x[i]);
  if (columns < 4 * N) {
    for (int64_t i = 0; i < columns; ++i)
      joinOut(out + i, j, (float)v[i / 4][i % 4]);
    return;
  }
  if (!j.first)
    LLMC_UNROLL
    for (int i = 0; i < N; ++i)
      v[i] = fma(loadAs<Vec<4>>(out + 4 * i), kept, v[i] * added);
  LLMC_UNROLL
  for (int i = 0; i < N; ++i)
    storeAs(out + 4 * i, v[i]);
}

// acc += weights . V of positions [p, end), at most kChain, over M vectors of
// columns, of which the last may be short (`columns`).
template <typename Isa, int Q, int M>
LLMC_INLINE void halfChain(const float16_t (*weights)[kBlock], int64_t p,
                           int64_t end, const float16_t *v, int64_t d,
                           int64_t columns, float32x4_t (*acc)[2 * M]) {
  float16x8_t sum[Q][M];
  LLMC_UNROLL
  for (int i = 0; i < Q * M; ++i)
    sum[i / M][i % M] = vdupq_n_f16(0);
  for (; p + 8 <= end; p += 8) {
    float16x8_t w[Q];
    LLMC_UNROLL
    for (int i = 0; i < Q; ++i)
      w[i] = vld1q_f16(&weights[i][p]);
#define LLMC_POSITION(at)                                                      \
  {                                                                            \
    LLMC_UNROLL                                                                \
    for (int j = 0; j < M; ++j) {                                              \
      float16x8_t x = M == 1 ? loadHalf(v, columns) : vld1q_f16(v + 8 * j);    \
      LLMC_UNROLL                                                              \
      for (int i = 0; i < Q; ++i)                                              \
        sum[i][j] = vfmaq_laneq_f16(sum[i][j], x, w[i], at);                   \
    }                                                                          \
    v += d;                                                                    \
    __asm__("" : "+r"(v)); /* no address is kept for each position */          \
  }
    LLMC_POSITION(0)
    LLMC_POSITION(1)
    LLMC_POSITION(2)
    LLMC_POSITION(3)
    LLMC_POSITION(4)
    LLMC_POSITION(5)
    LLMC_POSITION(6)
    LLMC_POSITION(7)
#undef LLMC_POSITION
  }
  for (; p < end; ++p, v += d)
    LLMC_UNROLL
    for (int j = 0; j < M; ++j) {
      float16x8_t x = M == 1 ? loadHalf(v, columns) : vld1q_f16(v + 8 * j);
      LLMC_UNROLL
      for (int i = 0; i < Q; ++i)
        sum[i][j] = vfmaq_f16(sum[i][j], x, vdupq_n_f16(weights[i][p]));
    }
  LLMC_UNROLL
  for (int i = 0; i < Q * M; ++i)
    Isa::widen(acc[i / M][i % M * 2], acc[i / M][i % M * 2 + 1],
               sum[i / M][i % M]);
}

// Columns c to c + 8 M - 1 of weights[lo..hi] . V to out. lo is a multiple of
// kChain; weights of positions before a query's first are 0.
template <typename Isa, bool Scaled, int Q, int M>
LLMC_INLINE void halfValues(Query *queries, const float16_t (*weights)[kBlock],
                            const HalfBlock *blocks, const float16_t *v,
                            int64_t d, int64_t c, int64_t lo, int64_t hi) {
  float32x4_t acc[Q][2 * M];
  LLMC_UNROLL
  for (int i = 0; i < Q * 2 * M; ++i)
    acc[i / (2 * M)][i % (2 * M)] = vdupq_n_f32(0);
  for (int64_t p = lo; p <= hi; p += kChain)
    halfChain<Isa, Q, M>(weights, p, least(p + kChain, hi + 1), v + p * d + c, d,
                         d - c, acc);
  LLMC_UNROLL
  for (int i = 0; i < Q; ++i)
    joinColumns<2 * M>(queries[i].out + c, blocks[i].join, acc[i],
                       blocks[i].unit, Scaled, M == 1 ? d - c : 8 * M);
}

// Q queries against the block at `start`, of which n positions exist.
template <typename Isa, bool Scaled, int Q>
void halfQueries(const Shape &shape, Query *queries, HalfRows q, int64_t start,
                 KvRows<float16_t> k, KvRows<float16_t> v, int64_t n) {
  int64_t d = shape.d, c = 0;
  auto [lo, hi] = seenBy<Q>(queries, start);
  if (lo > hi)
    return;
  constexpr int P = Q == 1 ? 8 : 4;
  float scores[Q][kBlock];
  float16_t weights[Q][kBlock];
  HalfBlock blocks[Q];
  for (int64_t p = lo / P * P; p <= hi; p += P)
    halfScores<Isa, Q, P>(q, k.x, p, n, d, scores);
  auto softmax = Scaled && hi == kBlock - 1 ? halfSoftmax<Scaled, Q, Scaled>
                                            : halfSoftmax<Scaled, Q, false>;
  softmax(shape.cap, queries, q, scores, start, (int32_t)hi, k.scales, v.scales,
          weights, blocks);
  joinBlocks<Q>(queries, blocks);
  lo = lo / kChain * kChain;
  constexpr int R = Q < 2 ? Q : 2, M = 4;
  for (int i = 0; i < Q; i += R) {
    for (c = 0; c + 8 * M <= d; c += 8 * M)
      halfValues<Isa, Scaled, R, M>(queries + i, weights + i, blocks + i, v.x, d,
                                    c, lo, hi);
    for (; c < d; c += 8)
      halfValues<Isa, Scaled, R, 1>(queries + i, weights + i, blocks + i, v.x, d,
                                    c, lo, hi);
  }
}

LLMC_INLINE KvRows<float16_t> halves(KvRows<_Float16> x, int64_t, float16_t *) {
  return {reinterpret_cast<float16_t *>(x.x), nullptr};
}
// 1024 + 128 + code, made of bytes, less 1152.
static inline KvRows<float16_t> halves(KvRows<int8_t> x, int64_t n,
                                       float16_t *out) {
  const uint8x16_t high = vdupq_n_u8(0x64), sign = vdupq_n_u8(0x80);
  const float16x8_t base = vdupq_n_f16(1152);
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    uint8x16_t u = veorq_u8(vreinterpretq_u8_s8(vld1q_s8(x.x + i)), sign);
    vst1q_f16(out + i,
              vsubq_f16(vreinterpretq_f16_u8(vzip1q_u8(u, high)), base));
    vst1q_f16(out + i + 8,
              vsubq_f16(vreinterpretq_f16_u8(vzip2q_u8(u, high)), base));
  }
  for (; i < n; ++i)
    out[i] = (float16_t)x.x[i];
  return {out, x.scales};
}

// q in halves, padded with zeros, then its HalfScale.
static inline void halfQuery(const Shape &shape, const float *q, float16_t *out,
                             int64_t stride) {
  HalfUnit unit = halfUnit(highestOf(q, shape.d), kQueryExponent);
  halfRow(q, shape.d, unit, reinterpret_cast<_Float16 *>(out), stride - 8);
  storeAs(out + stride - 8, halfScale(shape.scale * unit.unit, shape.cap));
}

// Scratch: kBatch queries, each d padded to 8 and 8 for its scale; then of int8 a
// block's K and V.
template <typename Isa> struct AttendHalf {
  static int64_t queryStride(const Shape &shape) {
    return (shape.d + 7) / 8 * 8 + 8;
  }

  void prepare(const Shape &shape, const Query *queries, int64_t count) const {
    int64_t stride = queryStride(shape);
    auto *out = reinterpret_cast<float16_t *>(shape.scratch);
    for (int64_t i = 0; i < count; ++i)
      halfQuery(shape, queries[i].q, out + i * stride, stride);
  }

  template <typename E>
  void operator()(const Shape &shape, Query *queries, int64_t count,
                  int64_t start, KvRows<E> k, KvRows<E> v) const {
    constexpr bool Scaled = sizeof(E) == 1;
    int64_t last = 0, d = shape.d, i = 0;
    for (int64_t j = 0; j < count; ++j)
      last = most(last, queries[j].last);
    int64_t n = least(kBlock, last + 1 - start), stride = queryStride(shape);
    HalfRows q = {reinterpret_cast<const float16_t *>(shape.scratch), stride};
    float16_t *room =
        reinterpret_cast<float16_t *>(shape.scratch) + kBatch * stride;
    KvRows<float16_t> keys = halves(k, n * d, room);
    KvRows<float16_t> values = halves(v, n * d, room + kBlock * d);
    for (; i + 4 <= count; i += 4, q.x += 4 * stride)
      halfQueries<Isa, Scaled, 4>(shape, queries + i, q, start, keys, values, n);
    for (; i + 2 <= count; i += 2, q.x += 2 * stride)
      halfQueries<Isa, Scaled, 2>(shape, queries + i, q, start, keys, values, n);
    if (i < count)
      halfQueries<Isa, Scaled, 1>(shape, queries + i, q, start, keys, values, n);
  }
};

} // namespace

#endif
