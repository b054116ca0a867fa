// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights of attention in half precision, one formula for a scalar and a Vec:
// p = 2^(t - 5) with t = (score - highest) * log2(e), so that 16 of them times
// f16 cannot overflow; the factor falls out when o is divided by l.
#ifndef LLMC_KERNELS_ATTENTION_HALF_WEIGHTS_H
#define LLMC_KERNELS_ATTENTION_HALF_WEIGHTS_H

#include "kernels/quantize/half_row.h"

// f16 times 64 queries below 2^-7, or 16 weights below 1 and codes, cannot
// overflow.
constexpr int kQueryExponent = -7, kWeightExponent = 0;

constexpr float kLog2E = 0x1.715476p+0f;

// 2^(t - 5) for t up to a little above 0, within 1.1e-4, which is half a unit of
// f16; below -110 as there. The polynomial has the least largest relative error
// on [-0.5, 0.5].
template <typename F> LLMC_INLINE F exp2Weight(F t) {
  typedef typename BitsOf<F>::type Bits;
  // 1.5 * 2^23 + 127 - 5: rounds, and the low bits hold the exponent.
  const F shift = F(12583034.0f);
  t = larger(t, F(-110.0f));
  F shifted = t + shift;
  F r = t - (shifted - shift);
  F p = fma(F(0x1.c2a27ep-5f), r, F(0x1.f00c94p-3f));
  p = fma(p, r, F(0x1.62f5fcp-1f)) * r;
  F power = __builtin_bit_cast(F, __builtin_bit_cast(Bits, shifted) << 23);
  return fma(power, p, power);
}

#endif
