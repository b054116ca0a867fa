// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights of attention in half precision, one formula for a scalar and a Vec:
// p = 2^(t - 6), t = score * log2(e) less the block's highest, which is rounded to
// an integer; so a chain of them times f16 cannot overflow. The factor falls out
// when o is divided by l.
#ifndef LLMC_KERNELS_ATTENTION_HALF_WEIGHTS_H
#define LLMC_KERNELS_ATTENTION_HALF_WEIGHTS_H

#include "kernels/quantize/half_row.h"

// Positions of p . V that are summed in f16.
constexpr int64_t kChain = 32;

// f16 times 64 queries below 2^-7, or kChain weights below 1 and codes, cannot
// overflow.
constexpr int kQueryExponent = -7, kWeightExponent = 0;

constexpr float kLog2E = 0x1.715476p+0f, kLn2 = 0x1.62e43p-1f;

// What scores of a query are multiplied by: `scale` before a cap, `factor` to
// powers of two; `range` scores are 110 of those.
struct HalfScale {
  float scale, factor, range;
};

LLMC_INLINE HalfScale halfScale(float scale, float cap) {
  float factor = (cap > 0 ? 1.0f : scale) * kLog2E;
  return {scale, factor, 110.0f / factor};
}

// How the scores of a block become weights.
struct HalfWeights {
  Start shift; // 1.5 * 2^23 + 127 - 6 - the highest: rounds, and the low bits
               // then hold a weight's exponent
  float least; // a score below counts as this one
  float m;     // what the highest stands for
};

LLMC_INLINE HalfWeights halfWeights(float highest, const HalfScale &scale) {
  float power = (highest * scale.factor + 12582912.0f) - 12582912.0f;
  return {12583033.0f - power, highest - scale.range, power * kLn2};
}

// Within 1.1e-4, which is half a unit of f16: the polynomial has the least
// largest relative error on [-0.5, 0.5]. r is what rounding left, negated.
constexpr Start kWeight1(-0x1.62f5fcp-1f), kWeight2(0x1.f00c94p-3f);
template <typename F>
LLMC_INLINE F exp2Weight(F s, float factor, const HalfWeights &w) {
  typedef typename BitsOf<F>::type Bits;
  s = larger(s, F(w.least));
  F shifted = fma(s, F(factor), from<F>(w.shift));
  F r = fma(-s, F(factor), shifted - F(w.shift.x[0]));
  F p = fma(F(-0x1.c2a27ep-5f), r, from<F>(kWeight2));
  p = fma(p, r, from<F>(kWeight1)) * r;
  F power = __builtin_bit_cast(F, __builtin_bit_cast(Bits, shifted) << 23);
  return fma(power, p, power);
}

#endif
