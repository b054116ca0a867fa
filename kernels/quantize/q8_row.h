// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One block of up to 256 f32 to int8 with one scale, as all kernels that write
// layouts/lhs_q8.h do it: scale = max |x| / 127, codes round(x * (127 / max)) to
// nearest even. Blocks below 1e-30 become zero.
#ifndef LLMC_KERNELS_QUANTIZE_Q8_ROW_H
#define LLMC_KERNELS_QUANTIZE_Q8_ROW_H

#include "kernels/layouts/lhs_q8.h"
#include "kernels/vectors.h"

// Quantizes `n` elements (x readable to `n` only) that start at column
// `column` (a multiple of 256) of `row`; zeroes the padding behind the last.
// What is written for one block: codes and its scale.
LLMC_INLINE void quantizeBlockScalar(const float *x, int64_t n, char *out,
                                     int64_t row, int64_t column, int64_t k,
                                     int64_t interleave) {
  float largest = 0;
  for (int64_t i = 0; i < n; ++i) {
    float a = __builtin_fabsf(x[i]);
    largest = a > largest ? a : largest;
  }
  bool zero = largest < 1e-30f;
  float inverse = zero ? 0.0f : 127.0f / largest;
  int64_t padded = llmc_q8_k(n);
  for (int64_t i = 0; i < padded; ++i) {
    float v = i < n ? x[i] * inverse : 0.0f;
    out[llmc_q8_offset(row, column + i, k, interleave)] =
        (char)__builtin_bit_cast(int32_t, v + 12582912.0f);
  }
  storeAs(out + llmc_q8_scale_offset(row, column / LLMC_Q8_BLOCK, k, interleave),
          zero ? 0.0f : largest / 127.0f);
}

// The same for a block that lies in `x` padded with zeros to a multiple of 32;
// `largest` is its max |x|.
template <int64_t Interleave>
LLMC_INLINE void quantizeBlock(const float *x, int64_t n, float largest,
                               char *out, int64_t row, int64_t column,
                               int64_t k) {
  bool zero = largest < 1e-30f;
  float inverse = zero ? 0.0f : 127.0f / largest;
  char *codes = out + llmc_q8_offset(row, column, k, Interleave);
  for (int64_t i = 0; i < n; i += 32)
    for (int64_t j = i; j < i + 32; j += 16) {
      Vec<16> v = loadAs<Vec<16>>(x + j) * inverse + 12582912.0f;
      Bytes16 c = lowBytes(__builtin_bit_cast(IntVec<16>, v));
      storeAs(codes + j * Interleave, c.lo);
      storeAs(codes + (j + 8) * Interleave, c.hi);
    }
  storeAs(out + llmc_q8_scale_offset(row, column / LLMC_Q8_BLOCK, k, Interleave),
          zero ? 0.0f : largest / 127.0f);
}

// The padding row that completes the last group of rows.
LLMC_INLINE void zeroPaddingRow(char *out, int64_t row, int64_t k,
                                int64_t interleave) {
  for (int64_t i = 0; i < llmc_q8_k(k); i += 8)
    storeAs<int64_t>(out + llmc_q8_offset(row, i, k, interleave), 0);
  for (int64_t b = 0; b < llmc_q8_blocks(k); ++b)
    storeAs(out + llmc_q8_scale_offset(row, b, k, interleave), 0.0f);
}

#endif
