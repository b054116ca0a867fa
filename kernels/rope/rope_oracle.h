// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar rotation and KV append, for the oracles of rope_append and
// decode_attention:
//   x[i], x[i + h] = x[i] c - x[i + h] s, x[i + h] c + x[i] s, h = rotary_dim / 2
// each product with the cosine rounded first, the other one fused. A row of the
// int8 cache: scale max |x| / 127, codes round(x * (127 / max)) to nearest even,
// all zero below 1e-30.
#ifndef LLMC_KERNELS_ROPE_ROPE_ORACLE_H
#define LLMC_KERNELS_ROPE_ROPE_ORACLE_H

#include "kernels/formats/float16.h"
#include "kernels/layouts/kv_rows.h"

namespace {

void rotateHead(float *x, const float *table, int64_t half) {
  for (int64_t i = 0; i < half; ++i) {
    float a = x[i], b = x[half + i], c = table[i], s = table[half + i];
    x[i] = __builtin_fmaf(-b, s, a * c);
    x[half + i] = __builtin_fmaf(a, s, b * c);
  }
}

void storeRow(KvRows<float> to, const float *x, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    to.x[i] = x[i];
}

void storeRow(KvRows<uint16_t> to, const float *x, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    to.x[i] = llmc_float_to_f16(x[i]);
}

void storeRow(KvRows<int8_t> to, const float *x, int64_t n) {
  float largest = 0;
  for (int64_t i = 0; i < n; ++i) {
    float a = __builtin_fabsf(x[i]);
    largest = a > largest ? a : largest;
  }
  bool zero = largest < 1e-30f;
  float inverse = zero ? 0.0f : 127.0f / largest;
  // Adding 1.5 * 2^23 rounds to an integer, which the low bits then hold.
  for (int64_t i = 0; i < n; ++i)
    to.x[i] =
        (int8_t)__builtin_bit_cast(int32_t, x[i] * inverse + 12582912.0f);
  *to.scales = zero ? 0.0f : largest / 127.0f;
}

} // namespace

#endif
