// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// exp, tanh and the activations, one formula each for a scalar or a Vec: the same
// bits in every lane, tails included. exp is within 1.1 ulp on [-87, 80] and
// clamped outside; exp(0) is 1 exactly.
#ifndef LLMC_KERNELS_ACTIVATION_ELEMENTARY_H
#define LLMC_KERNELS_ACTIVATION_ELEMENTARY_H

#include "kernels/vectors.h"

// Adding 1.5 * 2^23 + 127 rounds to an integer; the low bits then hold n + 127,
// the exponent of 2^n.
constexpr Start kExponent(12583039.0f), kHalf(0.5f);
constexpr Start kExp4(0x1.55551914b2206p-5f), kSigmoid4(0x1.555518f5d1200p-5f);

// x = n ln 2 + r; exp(r) by a polynomial fitted at the Chebyshev nodes.
template <typename F> LLMC_INLINE F fastExp(F x) {
  typedef typename BitsOf<F>::type Bits;
  x = larger(x, F(-87.0f));
  x = smaller(x, F(80.0f));
  F shifted = fma(x, F(0x1.715476p+0f), from<F>(kExponent));
  F n = shifted - F(kExponent.x[0]);
  F r = fma(n, F(-0x1.62e400p-1f), x);
  r = fma(n, F(-0x1.7f7d1cp-20f), r);
  // In pairs: a constant to add to costs a copy of it (Estrin's scheme).
  F r2 = r * r;
  F high = fma(F(0x1.6d113c8fd3544p-10f), r2,
               fma(F(0x1.120ba1a05d5e9p-7f), r, from<F>(kExp4)));
  F low = fma(F(0x1.5554dcc72f5fcp-3f), r, from<F>(kHalf));
  F p = fma(fma(high, r2, low), r2, r);
  F power = __builtin_bit_cast(F, __builtin_bit_cast(Bits, shifted) << 23);
  return fma(power, p, power);
}

template <typename F> LLMC_INLINE F fastTanh(F x) {
  return fma(F(-2.0f), reciprocal(fastExp(x + x) + F(1.0f)), F(1.0f));
}

// x / (1 + exp(-v)). Beside fastExp, exp(-v) is 2^n - 2^n m with m = 1 - exp(-r),
// r = v + n ln 2 in one step (ln 2 rounds well), and the one is added to 2^n.
template <typename F> LLMC_INLINE F timesSigmoid(F x, F v) {
  typedef typename BitsOf<F>::type Bits;
  v = larger(v, F(-87.0f));
  v = smaller(v, F(87.0f));
  F shifted = fma(v, F(-0x1.715476p+0f), from<F>(kExponent));
  F n = shifted - F(kExponent.x[0]);
  F r = fma(n, F(0x1.62e430p-1f), v);
  F r2 = r * r;
  F high = fma(F(0x1.6d117cc039048p-10f), r2,
               fma(F(-0x1.120be1dcb42dcp-7f), r, from<F>(kSigmoid4)));
  F low = fma(F(-0x1.5554dc8961859p-3f), r, from<F>(kHalf));
  F m = fma(-fma(high, r2, low), r2, r);
  F power = __builtin_bit_cast(F, __builtin_bit_cast(Bits, shifted) << 23);
  return divide(x, fma(-power, m, power + F(1.0f)));
}

struct Silu {
  template <typename F> LLMC_INLINE F of(F x) { return timesSigmoid(x, x); }
};

// 0.5 x (1 + tanh(u)) = x / (1 + exp(-2u)), u = sqrt(2/pi)(x + 0.044715 x^3).
struct GeluTanh {
  template <typename F> LLMC_INLINE F of(F x) {
    F v = x * fma(F(0.044715f * 1.5957691216f), x * x, F(1.5957691216f));
    return timesSigmoid(x, v);
  }
};

// 0.5 x (1 + erf(x / sqrt(2))), erf(x / sqrt(2)) = x p(x^2) / q(x^2) within
// 2^-25 up to 5.5, where it rounds to 1; p and q fitted by least squares,
// weighted until the error was even.
struct Gelu {
  template <typename F> LLMC_INLINE F of(F x) {
    F t = larger(x, F(-5.5f));
    t = smaller(t, F(5.5f));
    F z = t * t, z2 = z * z;
    F p = fma(fma(F(0x1.3958e41de7f75p-5f), z, F(0x1.5058bbdc0eda4p+3f)), z2,
              fma(F(0x1.127ca4de7a7c7p+8f), z, F(0x1.e4ea288ff644bp+12f)));
    p = fma(p, z2,
            fma(F(0x1.b3ffe539a1005p+15f), z, F(0x1.44ecc994358b6p+19f)));
    F q = fma(z + F(0x1.e177b6b07faa8p+5f), z2,
              fma(F(0x1.83eeb298f440fp+10f), z, F(0x1.724aec0cf89aep+14f)));
    q = fma(q, z2,
            fma(F(0x1.981970c60976cp+17f), z, F(0x1.973ba89622d93p+19f)));
    F half = F(0.5f) * x;
    return fma(half, divide(t * p, q), half);
  }
};

struct Relu {
  template <typename F> LLMC_INLINE F of(F x) {
    return x > F(0.0f) ? x : F(0.0f);
  }
};

#endif
