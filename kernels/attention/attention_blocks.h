// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A KV block on wide vectors: it is brought into scratch once (K as [d / 4][64
// positions][4] f32, so that a vector of N lanes holds N / 4 positions; V as
// f32), and several query heads are worked on at a time.
#ifndef LLMC_KERNELS_ATTENTION_ATTENTION_BLOCKS_H
#define LLMC_KERNELS_ATTENTION_ATTENTION_BLOCKS_H

#include "kernels/attention/decode_attention_splits.h"

namespace {

LLMC_INLINE Vec<4> load4(const float *p) { return loadAs<Vec<4>>(p); }
LLMC_INLINE Vec<4> load4(const _Float16 *p) {
  typedef _Float16 Half4 __attribute__((ext_vector_type(4)));
  return __builtin_convertvector(loadAs<Half4>(p), Vec<4>);
}
LLMC_INLINE Vec<4> load4(const int8_t *p) {
  typedef int8_t Codes4 __attribute__((ext_vector_type(4)));
  return __builtin_convertvector(loadAs<Codes4>(p), Vec<4>);
}

// The sums of neighbours: of a, then of b.
LLMC_INLINE Vec<4> pairSums(Vec<4> a, Vec<4> b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6) +
         __builtin_shufflevector(a, b, 1, 3, 5, 7);
}
LLMC_INLINE Vec<8> pairSums(Vec<8> a, Vec<8> b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14) +
         __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15);
}
LLMC_INLINE Vec<16> pairSums(Vec<16> a, Vec<16> b) {
  return __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20,
                                 22, 24, 26, 28, 30) +
         __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21,
                                 23, 25, 27, 29, 31);
}

LLMC_INLINE Vec<4> repeat4(Vec<4> x, Vec<4>) { return x; }
LLMC_INLINE Vec<8> repeat4(Vec<4> x, Vec<8>) {
  return __builtin_shufflevector(x, x, 0, 1, 2, 3, 0, 1, 2, 3);
}
LLMC_INLINE Vec<16> repeat4(Vec<4> x, Vec<16>) {
  return __builtin_shufflevector(x, x, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1,
                                 2, 3);
}

// One head's K of positions [start, start + count), the rest of the block 0.
template <typename T>
void packKeys(const T *k, int64_t count, int64_t d, float *out) {
  for (int64_t p = 0; p < kBlock; ++p)
    for (int64_t i = 0; i < d; i += 4) {
      Vec<4> x = 0.0f;
      if (p < count && i + 4 <= d)
        x = load4(k + p * d + i);
      else if (p < count)
        for (int64_t j = 0; j < d - i; ++j)
          x[j] = (float)k[p * d + i + j];
      storeAs(out + i * kBlock + p * 4, x);
    }
}

LLMC_INLINE const float *values(const float *v, int64_t, int64_t, float *) {
  return v;
}
template <typename E>
const float *values(const E *v, int64_t count, int64_t d, float *out) {
  int64_t i = 0;
  for (; i + 4 <= count * d; i += 4)
    storeAs(out + i, load4(v + i));
  for (; i < count * d; ++i)
    out[i] = (float)v[i];
  return out;
}

// scores[t][p] = q[t] . K[p], for T queries [d / 4][T][4] and the whole block.
template <int N, int T>
LLMC_INLINE void scoreTile(const float *q, const float *keys, int64_t d,
                           float (*scores)[kBlock]) {
  for (int64_t p = 0; p < kBlock; p += N) {
    Vec<N> acc[T][4] = {};
    for (int64_t i = 0; i < d; i += 4) {
      Vec<N> k[4];
      for (int j = 0; j < 4; ++j)
        k[j] = loadAs<Vec<N>>(keys + i * kBlock + p * 4 + j * N);
      for (int t = 0; t < T; ++t) {
        Vec<N> x = repeat4(loadAs<Vec<4>>(q + i * T + t * 4), Vec<N>());
        for (int j = 0; j < 4; ++j)
          acc[t][j] = fma(x, k[j], acc[t][j]);
      }
    }
    for (int t = 0; t < T; ++t)
      storeAs(&scores[t][p], pairSums(pairSums(acc[t][0], acc[t][1]),
                                      pairSums(acc[t][2], acc[t][3])));
  }
}

// acc + weights [lo, hi] times V, columns i to i + M * W - 1.
template <int W, int M, int T>
LLMC_INLINE void valueColumns(Query *queries, const float (*weights)[kBlock],
                              const Join *joins, const float *v, int64_t d,
                              int64_t i, int64_t lo, int64_t hi) {
  Vec<W> acc[T][M] = {};
  for (int64_t p = lo; p <= hi; ++p) {
    Vec<W> x[M];
    for (int j = 0; j < M; ++j)
      x[j] = loadAs<Vec<W>>(v + p * d + i + j * W);
    for (int t = 0; t < T; ++t)
      for (int j = 0; j < M; ++j)
        acc[t][j] = fma(Vec<W>(weights[t][p]), x[j], acc[t][j]);
  }
  for (int t = 0; t < T; ++t)
    for (int j = 0; j < M; ++j)
      joinOut(queries[t].out + i + j * W, joins[t], acc[t][j]);
}

template <int N, int T>
LLMC_INLINE void addValues(Query *queries, const float (*weights)[kBlock],
                           const Join *joins, const float *v, int64_t d,
                           int64_t lo, int64_t hi) {
  int64_t i = 0;
  for (; i + 4 * N <= d; i += 4 * N)
    valueColumns<N, 4, T>(queries, weights, joins, v, d, i, lo, hi);
  for (; i + 4 <= d; i += 4)
    valueColumns<4, 1, T>(queries, weights, joins, v, d, i, lo, hi);
  for (; i < d; ++i)
    for (int t = 0; t < T; ++t) {
      float acc = 0;
      for (int64_t p = lo; p <= hi; ++p)
        acc = __builtin_fmaf(weights[t][p], v[p * d + i], acc);
      joinOut(queries[t].out + i, joins[t], acc);
    }
}

// T queries against one block.
template <int N, int T>
void attendTile(const Shape &shape, Query *queries, int64_t start,
                const float *keys, const float *v, const float *kScales,
                const float *vScales, float *packed) {
  int64_t d = shape.d, lo = kBlock, hi = -1;
  for (int t = 0; t < T; ++t) {
    lo = least(lo, most(queries[t].first - start, 0));
    hi = most(hi, least(queries[t].last - start, kBlock - 1));
  }
  if (lo > hi)
    return;
  for (int64_t i = 0; i < d; i += 4)
    for (int t = 0; t < T; ++t)
      for (int64_t j = 0; j < 4; ++j)
        packed[i * T + t * 4 + j] = i + j < d ? queries[t].q[i + j] : 0.0f;
  float scores[T][kBlock];
  Join joins[T];
  scoreTile<N, T>(packed, keys, d, scores);
  for (int t = 0; t < T; ++t)
    joins[t] = softmaxStep(shape, queries[t], scores[t], start, hi, kScales,
                           vScales);
  addValues<N, T>(queries, scores, joins, v, d, lo, hi);
}

// N lanes, T query heads at a time. Scratch: (64 * 2 + T) * 4 bytes a d, plus
// padding: scratch0 1088 + 16 * T, scratch_k 512 + 4 * T.
template <int N, int T> struct AttendBlocks : Unprepared {
  template <typename E>
  void operator()(const Shape &shape, Query *queries, int64_t count,
                  int64_t start, KvRows<E> k, KvRows<E> v) const {
    int64_t d = shape.d, last = 0, i = 0;
    for (int64_t j = 0; j < count; ++j)
      last = most(last, queries[j].last);
    int64_t n = least(kBlock, last + 1 - start);
    float *keys = shape.scratch, *floats = keys + (d + 3) / 4 * 4 * kBlock;
    float *packed = floats + d * kBlock;
    packKeys(k.x, n, d, keys);
    const float *block = values(v.x, n, d, floats);
    for (; i + T <= count; i += T)
      attendTile<N, T>(shape, queries + i, start, keys, block, k.scales,
                       v.scales, packed);
    for (; i < count; ++i)
      attendTile<N, 1>(shape, queries + i, start, keys, block, k.scales,
                       v.scales, packed);
  }
};

} // namespace

#endif
