// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/formats/int_formats.h"

void llmc_encode_int8(const float *row, int64_t k, int8_t *codes,
                      float *scale) {
  float largest = 0;
  for (int64_t i = 0; i < k; ++i) {
    float a = __builtin_fabsf(row[i]);
    largest = a > largest ? a : largest;
  }
  // Below this the reciprocal would overflow; such rows are zero.
  bool zero = largest < 1e-30f;
  *scale = zero ? 0 : largest / 127.0f;
  float inverse = zero ? 0 : 127.0f / largest;
  for (int64_t i = 0; i < k; ++i)
    codes[i] = (int8_t)__builtin_rintf(row[i] * inverse);
  for (int64_t i = k; i < (k + 31) / 32 * 32; ++i)
    codes[i] = 0;
}
