// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The softmax of attention in half precision: scores of a block in f32 to weights
// in f16 (half_weights.h), and how the block joins those before.
#ifndef LLMC_KERNELS_ATTENTION_HALF_SOFTMAX_H
#define LLMC_KERNELS_ATTENTION_HALF_SOFTMAX_H

#include "kernels/attention/attention_queries.h"
#include "kernels/attention/half_weights.h"
#include <arm_neon.h>

namespace {

// The queries of a tile: f16 rows of which each ends in its HalfScale.
struct HalfRows {
  const float16_t *x;
  int64_t stride;
  HalfScale scale(int64_t i) const {
    return loadAs<HalfScale>(x + (i + 1) * stride - 8);
  }
};

// A query's block: how it joins; its weights times `unit` are the true ones.
struct HalfBlock {
  Join join;
  float m, l, unit;
};

LLMC_INLINE void storeHalves(float16_t *to, Vec<16> x) {
  storeAs(to, __builtin_convertvector(x, Half16));
}

// capScores of a block with a cap or a mask, apart as that is rare.
static __attribute__((noinline)) void limitScores(float cap, float scale,
                                                  float *s, int32_t lo,
                                                  int32_t hi, int32_t end,
                                                  const float *kScales) {
  capScores({0, scale, cap, nullptr}, s, lo, hi, end, kScales);
}

// Scores of positions 0 to `end` of the block to weights; joins are left open.
// Whole: of all positions. (Only what multiplies by scales of an int8 cache gains
// from knowing.)
template <bool Scaled, int Q, bool Whole>
__attribute__((noinline)) void
halfSoftmax(float cap, const Query *queries, HalfRows q,
            float (*scores)[kBlock], int64_t start, int32_t end,
            const float *kScales, const float *vScales,
            float16_t (*weights)[kBlock], HalfBlock *blocks) {
  if (Whole)
    end = kBlock - 1;
  HalfScale scale[Q];
  HalfWeights w[Q];
  bool sees[Q], limited[Q];
  LLMC_UNROLL
  for (int i = 0; i < Q; ++i) {
    int32_t lo = (int32_t)most(queries[i].first - start, 0);
    int32_t hi = (int32_t)least(queries[i].last - start, kBlock - 1);
    sees[i] = lo <= hi; // else another query of the tile sees this block
    scale[i] = q.scale(i);
    limited[i] = cap > 0 || lo > 0 || hi < (end | 15);
    if (limited[i])
      limitScores(cap, scale[i].scale, scores[i], lo, hi, end,
                  Scaled ? kScales : nullptr);
    Vec<16> top = -__builtin_inff();
    for (int32_t p = 0; p <= end; p += 16) {
      Vec<16> x = loadAs<Vec<16>>(scores[i] + p);
      if (Scaled && !limited[i]) {
        x *= loadAs<Vec<16>>(kScales + p);
        storeAs(scores[i] + p, x);
      }
      top = larger(x, top);
    }
    w[i] = halfWeights(max16(top), scale[i]);
  }
  LLMC_UNROLL
  for (int i = 0; i < Q; ++i) {
    float *s = scores[i];
    blocks[i] = {{}, 0, 0, 1};
    if (!sees[i]) {
      for (int32_t p = 0; p <= end; p += 16)
        storeHalves(weights[i] + p, 0.0f);
      continue;
    }
    Vec<16> sums = 0.0f, highest = 0.0f;
    for (int32_t p = 0; p <= end; p += 16) {
      Vec<16> e = exp2Weight(loadAs<Vec<16>>(s + p), scale[i].factor, w[i]);
      sums += e;
      if (!Scaled) {
        storeHalves(weights[i] + p, e);
        continue;
      }
      e *= loadAs<Vec<16>>(vScales + p);
      if (limited[i]) // a masked position's scale may never have been written
        e = loadAs<Vec<16>>(s + p) == Vec<16>(-__builtin_inff()) ? Vec<16>(0.0f)
                                                                 : e;
      highest = larger(e, highest);
      storeAs(s + p, e);
    }
    blocks[i].m = w[i].m;
    blocks[i].l = sum16(sums);
    if (!Scaled)
      continue;
    HalfUnit unit = halfUnit(max16(highest), kWeightExponent);
    for (int32_t p = 0; p <= end; p += 16)
      storeHalves(weights[i] + p,
                  loadAs<Vec<16>>(s + p) * Vec<16>(unit.inverse));
    blocks[i].unit = unit.unit;
  }
}

// Joins the blocks of Q queries. One that does not see the block (l = 0) keeps
// what it has.
template <int Q> LLMC_INLINE void joinBlocks(Query *queries, HalfBlock *blocks) {
  Vec<4> x = 0.0f;
  LLMC_UNROLL
  for (int i = 0; i < Q; ++i)
    x[i] = queries[i].m - blocks[i].m;
  x = -__builtin_elementwise_abs(x);
  x = fastExp(x);
  LLMC_UNROLL
  for (int i = 0; i < Q; ++i)
    blocks[i].join =
        blocks[i].l == 0 ? Join{1, 0, queries[i].l == 0}
                         : join(queries[i], blocks[i].m, blocks[i].l, x[i]);
}

} // namespace

#endif
