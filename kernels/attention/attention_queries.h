// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the vector kernels of attention and decode_attention share: the query
// heads of a call, the softmax of a block, how blocks join, and the walk over
// units. `attend(shape, queries, count, start, k, v)` is the ISA's: it takes the
// queries of one KV head through the block at position `start`, whose K and V
// stand at k and v; attend.prepare(shape, queries, count) comes before. Sums and
// their order are those of attention_oracle.h: a masked position has weight 0 and
// adds nothing.
#ifndef LLMC_KERNELS_ATTENTION_ATTENTION_QUERIES_H
#define LLMC_KERNELS_ATTENTION_ATTENTION_QUERIES_H

#include "kernels/activation/elementary.h"
#include "kernels/attention/decode_attention.h"
#include "kernels/rope/rope_rows.h"

namespace {

constexpr int64_t kBlock = LLMC_ATTENTION_BLOCK;
constexpr int64_t kBatch = 64; // query heads that share a block

LLMC_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
LLMC_INLINE int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

struct Shape {
  int64_t d;
  float scale, cap;
  float *scratch;
};

// One query head of a call.
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

// An ISA's attend with nothing to prepare.
struct Unprepared {
  LLMC_INLINE void prepare(const Shape &, const Query *, int64_t) {}
};

LLMC_INLINE int64_t firstSeen(int64_t last, int64_t window) {
  return window > 0 ? most(last - window + 1, 0) : 0;
}

// Positions [lo, hi] of the block at `start` that one of Q queries sees.
struct Seen {
  int64_t lo, hi;
};
template <int Q> LLMC_INLINE Seen seenBy(const Query *queries, int64_t start) {
  Seen seen = {kBlock, -1};
  for (int i = 0; i < Q; ++i) {
    seen.lo = least(seen.lo, most(queries[i].first - start, 0));
    seen.hi = most(seen.hi, least(queries[i].last - start, kBlock - 1));
  }
  return seen;
}

// The block's highest score and sum of weights to those of the query; e is
// exp(-|query.m - m|). Of the two factors one is exp(0) = 1.
LLMC_INLINE Join join(Query &query, float m, float l, float e) {
  if (query.l == 0) {
    query.m = m;
    query.l = l;
    return {0, 1, true};
  }
  bool rises = m > query.m;
  Join j = {rises ? e : 1.0f, rises ? 1.0f : e, false};
  query.l = fma(query.l, j.kept, l * j.added);
  query.m = rises ? m : query.m;
  return j;
}
LLMC_INLINE Join join(Query &query, float m, float l) {
  float e = m > query.m ? query.m - m : m - query.m;
  return join(query, m, l, query.l == 0 ? 1.0f : fastExp(e));
}

// A part of a block's p . V to out.
template <typename F>
LLMC_INLINE void joinOut(float *out, const Join &j, F block) {
  if (!j.first)
    block = fma(loadAs<F>(out), F(j.kept), block * F(j.added));
  storeAs(out, block);
}

// Positions outside [lo, hi] of the 16 at p count for nothing.
LLMC_INLINE void maskScores(float *s, int32_t p, int32_t lo, int32_t hi) {
  IntVec<16> at = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  at += p;
  Vec<16> x = loadAs<Vec<16>>(s + p);
  storeAs(s + p, ((at >= lo) & (at <= hi)) ? x : Vec<16>(-__builtin_inff()));
}

// q . k to scores: an int8 cache's scales, the cap, and -inf outside [lo, hi].
// What is then left to multiply by is returned.
LLMC_INLINE float capScores(const Shape &shape, float *s, int32_t lo,
                            int32_t hi, int32_t end, const float *kScales) {
  if (kScales)
    for (int32_t p = 0; p <= end; p += 16)
      storeAs(s + p, loadAs<Vec<16>>(s + p) * loadAs<Vec<16>>(kScales + p));
  if (shape.cap > 0)
    for (int32_t p = 0; p <= end; p += 16) {
      Vec<16> x = loadAs<Vec<16>>(s + p) * Vec<16>(shape.scale);
      storeAs(s + p, Vec<16>(shape.cap) * fastTanh(x / Vec<16>(shape.cap)));
    }
  for (int32_t p = 0; p < lo; p += 16)
    maskScores(s, p, lo, hi);
  for (int32_t p = (hi + 1) / 16 * 16; p <= end; p += 16)
    maskScores(s, p, lo, hi);
  return shape.cap > 0 ? 1.0f : shape.scale;
}

// The same, multiplied; returns the highest.
LLMC_INLINE float scaleScores(const Shape &shape, float *s, int32_t lo,
                              int32_t hi, int32_t end, const float *kScales) {
  float scale = capScores(shape, s, lo, hi, end, kScales);
  Vec<16> highest = -__builtin_inff();
  for (int32_t p = 0; p <= end; p += 16) {
    Vec<16> x = loadAs<Vec<16>>(s + p) * Vec<16>(scale);
    highest = larger(x, highest);
    storeAs(s + p, x);
  }
  return max16(highest);
}

// Scores of positions 0 to `end` of the block at `start` to weights, those of an
// int8 cache with the scales in.
LLMC_INLINE Join softmaxStep(const Shape &shape, Query &query, float *s,
                             int64_t start, int64_t end, const float *kScales,
                             const float *vScales) {
  const float none = -__builtin_inff();
  int32_t lo = (int32_t)most(query.first - start, 0);
  int32_t hi = (int32_t)least(query.last - start, kBlock - 1);
  float m = scaleScores(shape, s, lo, hi, (int32_t)end, kScales);
  Vec<16> sums = 0.0f;
  for (int p = 0; p <= end; p += 16) {
    Vec<16> x = loadAs<Vec<16>>(s + p);
    Vec<16> e = fastExp(x - Vec<16>(m));
    e = x == Vec<16>(none) ? Vec<16>(0.0f) : e;
    sums += e;
    if (vScales)
      e *= loadAs<Vec<16>>(vScales + p);
    storeAs(s + p, e);
  }
  if (lo > hi) // another query of the tile sees this block
    return {1, 0, query.l == 0};
  return join(query, m, sum16(sums));
}

LLMC_INLINE void scaleBy(float *x, float by, int64_t n) {
  int64_t i = 0;
  for (; i + 16 <= n; i += 16)
    storeAs(x + i, loadAs<Vec<16>>(x + i) * Vec<16>(by));
  for (; i < n; ++i)
    x[i] *= by;
}

template <typename E>
LLMC_INLINE KvRows<E> rowsOn(KvRows<E> rows, int64_t positions, int64_t d) {
  return {rows.x + positions * d,
          sizeof(E) == 1 ? rows.scales + positions : nullptr};
}

// Queries of one KV head and sequence through all blocks; k and v are the rows
// of position 0.
template <typename E, typename Attend>
LLMC_INLINE void attendAll(const Shape &shape, Query *queries, int64_t count,
                           KvRows<E> k, KvRows<E> v, Attend attend) {
  int64_t first = queries[0].first, last = 0;
  for (int64_t i = 0; i < count; ++i) {
    first = least(first, queries[i].first);
    last = most(last, queries[i].last);
  }
  attend.prepare(shape, queries, count);
  for (int64_t start = first / kBlock * kBlock; start <= last; start += kBlock)
    attend(shape, queries, count, start, rowsOn(k, start, shape.d),
           rowsOn(v, start, shape.d));
  for (int64_t i = 0; i < count; ++i)
    scaleBy(queries[i].out, 1.0f / queries[i].l, shape.d);
}

// The op attention: rows of one sequence that follow each other share blocks.
template <typename E, typename Attend>
LLMC_INLINE void attention(const void *args, int64_t begin, int64_t end,
                           Attend attend) {
  const auto *a = static_cast<const llmc_attention_args *>(args);
  int64_t group = a->heads / a->kv_heads, d = a->head_dim;
  Shape shape = {d, (float)a->scale, (float)a->softcap,
                 static_cast<float *>(a->scratch)};
  KvPart k = {const_cast<void *>(a->k_cache), a->kv_heads, a->context, d,
              a->sequence_stride};
  KvPart v = {const_cast<void *>(a->v_cache), a->kv_heads, a->context, d,
              a->sequence_stride};
  Query queries[kBatch];
  for (int64_t unit = begin; unit < end;) {
    int64_t kvHead = unit / a->rows, r = unit % a->rows;
    int64_t rows = least(a->rows - r, end - unit), n = 1;
    while (n < rows && a->sequences[r + n] == a->sequences[r])
      ++n;
    for (int64_t at = 0, s = r, h = 0; at < n * group; at += kBatch) {
      int64_t count = least(kBatch, n * group - at);
      for (int64_t i = 0; i < count; ++i) {
        int64_t last = a->positions[s];
        queries[i] = {a->qkv + s * a->qkv_stride +
                          kvHead * (a->qkv_stride / a->kv_heads) + h * d,
                      a->out + s * a->out_stride + (kvHead * group + h) * d,
                      firstSeen(last, a->window), last, 0.0f, 0.0f};
        if (++h == group) {
          h = 0;
          ++s;
        }
      }
      attendAll(shape, queries, count, kvRows<E>(k, a->sequences[r], kvHead, 0),
                kvRows<E>(v, a->sequences[r], kvHead, 0), attend);
    }
    unit += n;
  }
}

} // namespace

#endif
