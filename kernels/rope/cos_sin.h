// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// cos and sin of an f32 angle below 2^30, one formula for a double or a vector
// of doubles: reduced by multiples of pi / 2 (Cody and Waite, 1980, in two parts
// with fused multiply-adds), then two polynomials fitted at the Chebyshev nodes.
// As f32 they are within 0.505 ulp.
#ifndef LLMC_KERNELS_ROPE_COS_SIN_H
#define LLMC_KERNELS_ROPE_COS_SIN_H

#include "kernels/vectors.h"

// cos and sin of x - n pi / 2, and a double whose low bits are those of n.
template <typename D> struct QuarterTurn {
  D cos, sin, n;
};

template <typename D> LLMC_INLINE QuarterTurn<D> quarterTurn(D x) {
  const D shift = D(6755399441055744.0); // 1.5 * 2^52: rounds to an integer
  D shifted = fma(x, D(0.63661977236758134308), shift);
  D n = shifted - shift;
  D r = fma(-n, D(0x1.921fb54442d18p+0), x);
  r = fma(-n, D(0x1.1a62633145c07p-54), r);
  D z = r * r, z2 = z * z;
  // In pairs: a constant to add to costs a copy of it (Estrin's scheme).
  D s = fma(fma(D(0x1.6dbded5452c9bp-19), z, D(-0x1.a013a740c35cep-13)), z2,
            fma(D(0x1.11110deef0ae3p-7), z, D(-0x1.555555545df18p-3)));
  D c = fma(fma(D(0x1.9a6f06c8e8a82p-16), z, D(-0x1.6c0e080d7e233p-10)), z2,
            fma(D(0x1.55554cba9b713p-5), z, D(-0x1.fffffffab14f9p-2)));
  return {fma(c, z, D(1.0)), fma(s * z, r, r), shifted};
}

#endif
