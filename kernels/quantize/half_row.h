// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// f32 rows to f16 for kernels that multiply in half precision: a row is scaled
// by a power of two, so that neither large nor small rows leave f16.
#ifndef LLMC_KERNELS_QUANTIZE_HALF_ROW_H
#define LLMC_KERNELS_QUANTIZE_HALF_ROW_H

#include "kernels/vectors.h"

// x = unit * what is stored, inverse = 1 / unit.
struct HalfUnit {
  float unit, inverse;
};

// Brings numbers up to `highest` (2^-111 to 2^113 at least) below 2^exponent,
// |exponent| <= 15.
LLMC_INLINE HalfUnit halfUnit(float highest, int32_t exponent) {
  int32_t e = (int32_t)(__builtin_bit_cast(uint32_t, highest) >> 23);
  e = e < 16 ? 16 : e > 237 ? 237 : e;
  return {__builtin_bit_cast(float, (e + 1 - exponent) << 23),
          __builtin_bit_cast(float, (253 - e + exponent) << 23)};
}

LLMC_INLINE float highestOf(const float *x, int64_t n) {
  Vec<16> highest = 0.0f;
  int64_t c = 0;
  for (; c + 16 <= n; c += 16)
    highest = larger(abs16(loadAs<Vec<16>>(x + c)), highest);
  if (c < n)
    highest = larger(abs16(loadTail(x + c, n - c)), highest);
  return max16(highest);
}

typedef _Float16 Half16 __attribute__((ext_vector_type(16)));

// out[0 .. stride) = x[0 .. n) / unit, then zeros.
LLMC_INLINE void halfRow(const float *x, int64_t n, HalfUnit unit, _Float16 *out,
                         int64_t stride) {
  int64_t c = 0;
  for (; c + 16 <= n; c += 16)
    storeAs(out + c, __builtin_convertvector(
                         loadAs<Vec<16>>(x + c) * Vec<16>(unit.inverse), Half16));
  for (; c < n; ++c)
    out[c] = (_Float16)(x[c] * unit.inverse);
  for (; c < stride; ++c)
    out[c] = 0;
}

#endif
