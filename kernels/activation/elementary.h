// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// exp, erf and the activations, one formula each for a scalar or a Vec: the same
// bits in every lane, tails included. exp is within 1.1 ulp on [-87, 80] and
// clamped outside; exp(0) is 1 exactly.
#ifndef LLMC_KERNELS_ACTIVATION_ELEMENTARY_H
#define LLMC_KERNELS_ACTIVATION_ELEMENTARY_H

#include "kernels/vectors.h"

// x = n ln 2 + r; exp(r) by a polynomial fitted at the Chebyshev nodes.
template <typename F> LLMC_INLINE F fastExp(F x) {
  typedef typename BitsOf<F>::type Bits;
  x = larger(x, F(-87.0f));
  x = smaller(x, F(80.0f));
  // Adding 1.5 * 2^23 + 127 rounds to an integer; the low bits then hold n + 127,
  // the exponent of 2^n.
  const F shift = F(12583039.0f);
  F shifted = fma(x, F(0x1.715476p+0f), shift);
  F n = shifted - shift;
  F r = fma(n, F(-0x1.62e400p-1f), x);
  r = fma(n, F(-0x1.7f7d1cp-20f), r);
  // In pairs: a constant to add to costs a copy of it (Estrin's scheme).
  F r2 = r * r;
  F high = fma(F(0x1.6d113c8fd3544p-10f), r2,
               fma(F(0x1.120ba1a05d5e9p-7f), r, F(0x1.55551914b2206p-5f)));
  F low = fma(F(0x1.5554dcc72f5fcp-3f), r, F(0.5f));
  F p = fma(fma(high, r2, low), r2, r);
  F power = __builtin_bit_cast(F, __builtin_bit_cast(Bits, shifted) << 23);
  return fma(power, p, power);
}

// Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: absolute
// error below 2e-7.
template <typename F> LLMC_INLINE F fastErf(F x) {
  F a = x < F(0.0f) ? -x : x;
  F t = reciprocal(fma(F(0.3275911f), a, F(1.0f)));
  F p = fma(F(1.061405429f), t, F(-1.453152027f));
  p = fma(p, t, F(1.421413741f));
  p = fma(p, t, F(-0.284496736f));
  p = fma(p, t, F(0.254829592f));
  F y = fma(-(p * t), fastExp(-(a * a)), F(1.0f));
  return x < F(0.0f) ? -y : y;
}

template <typename F> LLMC_INLINE F fastTanh(F x) {
  return fma(F(-2.0f), reciprocal(fastExp(x + x) + F(1.0f)), F(1.0f));
}

struct Silu {
  template <typename F> LLMC_INLINE F of(F x) {
    return x * reciprocal(F(1.0f) + fastExp(-x));
  }
};

// 0.5 x (1 + tanh(u)) = x / (1 + exp(-2u)), u = sqrt(2/pi)(x + 0.044715 x^3).
struct GeluTanh {
  template <typename F> LLMC_INLINE F of(F x) {
    F u = x * fma(F(0.044715f * 0.7978845608f) * x, x, F(0.7978845608f));
    return x * reciprocal(F(1.0f) + fastExp(F(-2.0f) * u));
  }
};

struct Gelu {
  template <typename F> LLMC_INLINE F of(F x) {
    return F(0.5f) * x * (F(1.0f) + fastErf(x * F(0.70710678f)));
  }
};

struct Relu {
  template <typename F> LLMC_INLINE F of(F x) {
    return x > F(0.0f) ? x : F(0.0f);
  }
};

#endif
