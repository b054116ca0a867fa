// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention on NEON: K and V are read where they stand, 4 positions x up to 4
// query heads at a time; f16 is widened on the way, or once per block when more
// than 4 heads share it.
#include "kernels/attention/attention_blocks.h"
#include <arm_neon.h>

namespace {

// a0 + a1, a2 + a3, b0 + b1, b2 + b3.
LLMC_INLINE Vec<4> pairwise(Vec<4> a, Vec<4> b) {
  return __builtin_bit_cast(Vec<4>,
                            vpaddq_f32(__builtin_bit_cast(float32x4_t, a),
                                       __builtin_bit_cast(float32x4_t, b)));
}

template <typename E> LLMC_INLINE Vec<4> loadPart(const E *p, int64_t n) {
  Vec<4> v = 0.0f;
  for (int64_t i = 0; i < n; ++i)
    v[i] = (float)p[i];
  return v;
}

// scores[i][p .. p + P) of Q queries with positions p to p + P - 1; positions
// from n on repeat the last.
template <int Q, int P, typename E>
LLMC_INLINE void scoreTile(const Query *queries, const E *keys, int64_t p,
                           int64_t n, int64_t d, float (*scores)[kBlock]) {
  const E *k[P];
  Vec<4> acc[Q][P];
  k[0] = keys + p * d;
#pragma clang loop unroll(full)
  for (int j = 1; j < P; ++j)
    k[j] = p + j < n ? k[j - 1] + d : k[j - 1];
#pragma clang loop unroll(full)
  for (int i = 0; i < Q * P; ++i)
    acc[i / P][i % P] = 0.0f;
  int64_t c = 0;
  for (; c + 4 <= d; c += 4) {
    Vec<4> x[P];
#pragma clang loop unroll(full)
    for (int j = 0; j < P; ++j)
      x[j] = load4(k[j] + c);
#pragma clang loop unroll(full)
    for (int i = 0; i < Q; ++i) {
      Vec<4> q = load4(queries[i].q + c);
#pragma clang loop unroll(full)
      for (int j = 0; j < P; ++j)
        acc[i][j] = fma(q, x[j], acc[i][j]);
    }
  }
  if (c < d)
#pragma clang loop unroll(full)
    for (int i = 0; i < Q * P; ++i)
      acc[i / P][i % P] =
          fma(loadPart(queries[i / P].q + c, d - c),
              loadPart(k[i % P] + c, d - c), acc[i / P][i % P]);
#pragma clang loop unroll(full)
  for (int i = 0; i < Q; ++i)
#pragma clang loop unroll(full)
    for (int j = 0; j < P; j += 4)
      storeAs(&scores[i][p + j],
              pairwise(pairwise(acc[i][j], acc[i][j + 1]),
                       pairwise(acc[i][j + 2], acc[i][j + 3])));
}

// Columns c to c + 4 M - 1 of weights[lo..hi] . V to out.
template <int Q, int M, typename E>
LLMC_INLINE void valueTile(Query *queries, const float (*weights)[kBlock],
                           const Join *joins, const E *v, int64_t d,
                           int64_t c, int64_t lo, int64_t hi) {
  Vec<4> acc[Q][M];
#pragma clang loop unroll(full)
  for (int i = 0; i < Q * M; ++i)
    acc[i / M][i % M] = 0.0f;
  for (int64_t p = lo; p <= hi; ++p) {
    Vec<4> x[M];
#pragma clang loop unroll(full)
    for (int j = 0; j < M; ++j)
      x[j] = load4(v + p * d + c + j * 4);
#pragma clang loop unroll(full)
    for (int i = 0; i < Q * M; ++i)
      acc[i / M][i % M] =
          fma(Vec<4>(weights[i / M][p]), x[i % M], acc[i / M][i % M]);
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < Q * M; ++i)
    joinOut(queries[i / M].out + c + i % M * 4, joins[i / M],
            acc[i / M][i % M]);
}

// Q queries against the block at `start`, of which n positions exist.
template <int Q, typename E>
void foldQueries(const llmc_attention_args *a, Query *queries, int64_t start,
                 const E *k, const E *v, int64_t n) {
  int64_t d = a->head_dim, lo = kBlock, hi = -1, c = 0;
  for (int i = 0; i < Q; ++i) {
    lo = least(lo, most(queries[i].first - start, 0));
    hi = most(hi, least(queries[i].last - start, kBlock - 1));
  }
  if (lo > hi)
    return;
  constexpr int P = Q == 1 ? 8 : 4;
  float scores[Q][kBlock];
  Join joins[Q];
  for (int64_t p = lo / P * P; p <= hi; p += P)
    scoreTile<Q, P>(queries, k, p, n, d, scores);
  for (int i = 0; i < Q; ++i)
    joins[i] = softmaxStep(queries[i], scores[i], start, hi,
                                 (float)a->scale, (float)a->softcap);
  constexpr int M = Q == 4 ? 4 : 8;
  for (; c + 4 * M <= d; c += 4 * M)
    valueTile<Q, M>(queries, scores, joins, v, d, c, lo, hi);
  for (; c + 4 <= d; c += 4)
    valueTile<Q, 1>(queries, scores, joins, v, d, c, lo, hi);
  for (; c < d; ++c)
    for (int i = 0; i < Q; ++i) {
      float acc = 0;
      for (int64_t p = lo; p <= hi; ++p)
        acc = __builtin_fmaf(scores[i][p], (float)v[p * d + c], acc);
      joinOut(queries[i].out + c, joins[i], acc);
    }
}

template <typename E>
void foldAll(const llmc_attention_args *a, Query *queries, int64_t count,
             int64_t start, const E *k, const E *v, int64_t n) {
  int64_t i = 0;
  for (; i + 4 <= count; i += 4)
    foldQueries<4>(a, queries + i, start, k, v, n);
  for (; i + 2 <= count; i += 2)
    foldQueries<2>(a, queries + i, start, k, v, n);
  if (i < count)
    foldQueries<1>(a, queries + i, start, k, v, n);
}

// Up to kBatch queries of one KV head and sequence.
template <typename E>
void foldBatch(const llmc_attention_args *a, Query *queries, int64_t count,
               const E *k, const E *v) {
  int64_t d = a->head_dim, first = queries[0].first, last = 0;
  for (int64_t i = 0; i < count; ++i) {
    first = least(first, queries[i].first);
    last = most(last, queries[i].last);
  }
  float *wideK = static_cast<float *>(a->scratch), *wideV = wideK + kBlock * d;
  for (int64_t start = first / kBlock * kBlock; start <= last;
       start += kBlock) {
    int64_t n = least(kBlock, last + 1 - start);
    const E *keys = k + start * d, *vals = v + start * d;
    if (count <= 4)
      foldAll(a, queries, count, start, keys, vals, n);
    else
      foldAll(a, queries, count, start, values(keys, n, d, wideK),
              values(vals, n, d, wideV), n);
  }
  for (int64_t i = 0; i < count; ++i) {
    float inverse = 1.0f / queries[i].l;
    for (int64_t j = 0; j < d; ++j)
      queries[i].out[j] *= inverse;
  }
}

template <typename E>
void attention(const void *args, int64_t begin, int64_t end) {
  forBatches<E>(args, begin, end,
                [](const llmc_attention_args *a, Query *queries, int64_t count,
                   const E *k, const E *v) {
                  foldBatch(a, queries, count, k, v);
                });
}

} // namespace

LLMC_KERNEL(llmc_attention_f32_f32_kv_f32_4x64_neon) {
  attention<float>(args, begin, end);
}
LLMC_KERNEL(llmc_attention_f32_f32_kv_f16_4x64_neon) {
  attention<_Float16>(args, begin, end);
}
