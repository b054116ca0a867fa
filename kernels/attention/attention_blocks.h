// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention on portable vectors, for every ISA: runs of rows of one sequence
// share each KV block, which is brought into scratch once (K as [d / 4][64
// positions][4] f32, so that a vector of N lanes holds N / 4 positions; f16 V
// as f32), and several query heads are worked on at a time. Sums and their
// order are those of attention_ref.cpp, so the bits are too: a masked position
// has weight 0 and adds nothing.
#ifndef LLMC_KERNELS_ATTENTION_ATTENTION_BLOCKS_H
#define LLMC_KERNELS_ATTENTION_ATTENTION_BLOCKS_H

#include "kernels/activation/elementary.h"
#include "kernels/attention/attention.h"
#include "kernels/layouts/kv_layout.h"

namespace {

constexpr int64_t kBlock = LLMC_ATTENTION_BLOCK;
constexpr int64_t kBatch = 64; // query heads that share a block

LLMC_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
LLMC_INLINE int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

LLMC_INLINE Vec<4> load4(const float *p) { return loadAs<Vec<4>>(p); }
LLMC_INLINE Vec<4> load4(const _Float16 *p) {
  typedef _Float16 Half4 __attribute__((ext_vector_type(4)));
  return __builtin_convertvector(loadAs<Half4>(p), Vec<4>);
}

// What is known of one query head of a run.
struct Query {
  const float *q;
  float *out;
  int64_t first, last; // positions that it sees
  float m, l;          // of the blocks folded so far; l is 0 before the first
};

// How a query's block joins those before: o = fma(o, kept, block * added), or
// the block itself when it is the first.
struct Join {
  float kept, added;
  bool first;
};

// The block's highest score and sum of weights to those of the query.
LLMC_INLINE Join join(Query &query, float m, float l) {
  if (query.l == 0) {
    query.m = m;
    query.l = l;
    return {0, 1, true};
  }
  // Of the two factors one is exp(0) = 1.
  bool rises = m > query.m;
  float e = fastExp(rises ? query.m - m : m - query.m);
  Join j = {rises ? e : 1.0f, rises ? 1.0f : e, false};
  query.l = fma(query.l, j.kept, l * j.added);
  query.m = rises ? m : query.m;
  return j;
}

// A part of a block's p . V to out.
template <typename F>
LLMC_INLINE void joinOut(float *out, const Join &j, F block) {
  if (!j.first)
    block = fma(loadAs<F>(out), F(j.kept), block * F(j.added));
  storeAs(out, block);
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
LLMC_INLINE const float *values(const _Float16 *v, int64_t count, int64_t d,
                                float *out) {
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

// Scores of positions 0 to `end` of the block at `start` to weights.
LLMC_INLINE Join softmaxStep(Query &query, float *s, int64_t start, int64_t end,
                             float scale, float cap) {
  const float none = -__builtin_inff();
  int32_t lo = (int32_t)most(query.first - start, 0);
  int32_t hi = (int32_t)least(query.last - start, kBlock - 1);
  bool all = lo == 0 && hi >= end;
  IntVec<16> at = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  Vec<16> highest = none;
  for (int p = 0; p <= end; p += 16, at += 16) {
    Vec<16> x = loadAs<Vec<16>>(s + p) * Vec<16>(scale);
    if (cap > 0)
      x = Vec<16>(cap) * fastTanh(x / Vec<16>(cap));
    if (!all || p + 15 > end)
      x = ((at >= lo) & (at <= hi)) ? x : Vec<16>(none);
    highest = larger(x, highest);
    storeAs(s + p, x);
  }
  float m = max16(highest);
  Vec<16> sums = 0.0f;
  for (int p = 0; p <= end; p += 16) {
    Vec<16> x = loadAs<Vec<16>>(s + p);
    Vec<16> e = fastExp(x - Vec<16>(m));
    e = x == Vec<16>(none) ? Vec<16>(0.0f) : e;
    sums += e;
    storeAs(s + p, e);
  }
  if (lo > hi) // another query of the tile sees this block
    return {1, 0, query.l == 0};
  return join(query, m, sum16(sums));
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
void foldTile(const llmc_attention_args *a, Query *queries, int64_t start,
              const float *keys, const float *v, float *packed) {
  int64_t d = a->head_dim, lo = kBlock, hi = -1;
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
    joins[t] = softmaxStep(queries[t], scores[t], start, hi,
                                 (float)a->scale, (float)a->softcap);
  addValues<N, T>(queries, scores, joins, v, d, lo, hi);
}

// Up to kBatch queries of one KV head and sequence.
template <int N, int T, typename E>
void foldBatch(const llmc_attention_args *a, Query *queries, int64_t count,
               const E *k, const E *v) {
  int64_t d = a->head_dim, first = queries[0].first, last = 0;
  for (int64_t i = 0; i < count; ++i) {
    first = least(first, queries[i].first);
    last = most(last, queries[i].last);
  }
  int64_t padded = (d + 3) / 4 * 4;
  float *keys = static_cast<float *>(a->scratch);
  float *floats = keys + padded * kBlock, *packed = floats + d * kBlock;
  for (int64_t start = first / kBlock * kBlock; start <= last;
       start += kBlock) {
    int64_t n = least(kBlock, last + 1 - start), i = 0;
    packKeys(k + start * d, n, d, keys);
    const float *block = values(v + start * d, n, d, floats);
    for (; i + T <= count; i += T)
      foldTile<N, T>(a, queries + i, start, keys, block, packed);
    for (; i < count; ++i)
      foldTile<N, 1>(a, queries + i, start, keys, block, packed);
  }
  for (int64_t i = 0; i < count; ++i) {
    float inverse = 1.0f / queries[i].l;
    for (int64_t j = 0; j < d; ++j)
      queries[i].out[j] *= inverse;
  }
}

// Runs fold(args, queries, count, k, v) on batches of a slice's queries.
template <typename E, typename Fold>
LLMC_INLINE void forBatches(const void *args, int64_t begin, int64_t end,
                            Fold fold) {
  const auto *a = static_cast<const llmc_attention_args *>(args);
  int64_t group = a->heads / a->kv_heads, d = a->head_dim;
  Query queries[kBatch];
  for (int64_t unit = begin; unit < end;) {
    int64_t kvHead = unit / a->rows, r = unit % a->rows;
    int64_t rows = least(a->rows - r, end - unit), n = 1;
    while (n < rows && a->sequences[r + n] == a->sequences[r])
      ++n;
    int64_t sequence = a->sequences[r] * a->sequence_stride;
    int64_t row = llmc_kv_row(kvHead, 0, a->context, d);
    const E *k = reinterpret_cast<const E *>(
                     static_cast<const char *>(a->k_cache) + sequence) +
                 row;
    const E *v = reinterpret_cast<const E *>(
                     static_cast<const char *>(a->v_cache) + sequence) +
                 row;
    for (int64_t at = 0; at < n * group; at += kBatch) {
      int64_t count = least(kBatch, n * group - at);
      for (int64_t i = 0; i < count; ++i) {
        int64_t s = r + (at + i) / group, h = (at + i) % group;
        int64_t last = a->positions[s];
        queries[i] = {a->qkv + s * a->qkv_stride +
                          kvHead * (a->qkv_stride / a->kv_heads) + h * d,
                      a->out + s * a->out_stride + (kvHead * group + h) * d,
                      a->window > 0 ? most(last - a->window + 1, 0) : 0,
                      last,
                      0.0f,
                      0.0f};
      }
      fold(a, queries, count, k, v);
    }
    unit += n;
  }
}

// N lanes, T query heads at a time. Scratch: (64 * 2 + T) * 4 bytes a d, plus
// padding: scratch0 1088 + 16 * T.
template <int N, int T, typename E>
void attentionBlocks(const void *args, int64_t begin, int64_t end) {
  forBatches<E>(args, begin, end,
                [](const llmc_attention_args *a, Query *queries, int64_t count,
                   const E *k, const E *v) {
                  foldBatch<N, T>(a, queries, count, k, v);
                });
}

} // namespace

#endif
