// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rotation and KV append of rows on portable vectors, for rope_append and
// decode_attention of every ISA; the bits are those of rope_oracle.h.
#ifndef LLMC_KERNELS_ROPE_ROPE_ROWS_H
#define LLMC_KERNELS_ROPE_ROPE_ROWS_H

#include "kernels/layouts/kv_rows.h"

namespace {

// One head of d elements rotated to `out`, which may be x; half is
// rotary_dim / 2.
LLMC_INLINE void rotateHead(const float *x, float *out, const float *table,
                            int64_t half, int64_t d) {
  int64_t i = 0;
#pragma clang loop unroll_count(4)
  for (; i + 8 <= half; i += 8) {
    Vec<8> a = loadAs<Vec<8>>(x + i), b = loadAs<Vec<8>>(x + half + i);
    Vec<8> c = loadAs<Vec<8>>(table + i), s = loadAs<Vec<8>>(table + half + i);
    storeAs(out + i, fma(-b, s, a * c));
    storeAs(out + half + i, fma(a, s, b * c));
  }
  for (; i < half; ++i) {
    float a = x[i], b = x[half + i], c = table[i], s = table[half + i];
    out[i] = __builtin_fmaf(-b, s, a * c);
    out[half + i] = __builtin_fmaf(a, s, b * c);
  }
  if (x != out)
    for (i = 2 * half; i < d; ++i)
      out[i] = x[i];
}

LLMC_INLINE void storeRow(KvRows<float> to, const float *x, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    to.x[i] = x[i];
}

LLMC_INLINE void storeRow(KvRows<_Float16> to, const float *x, int64_t n) {
  typedef _Float16 Half8 __attribute__((ext_vector_type(8)));
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    storeAs(to.x + i, __builtin_convertvector(loadAs<Vec<8>>(x + i), Half8));
  for (; i < n; ++i)
    to.x[i] = (_Float16)x[i];
}

LLMC_INLINE void storeRow(KvRows<int8_t> to, const float *x, int64_t n) {
  Vec<16> high = 0.0f;
  int64_t i = 0;
  for (; i + 16 <= n; i += 16)
    high = larger(abs16(loadAs<Vec<16>>(x + i)), high);
  if (i < n)
    high = larger(abs16(loadTail(x + i, n - i)), high);
  float largest = max16(high);
  bool zero = largest < 1e-30f;
  float inverse = zero ? 0.0f : 127.0f / largest;
  for (i = 0; i + 16 <= n; i += 16) {
    Vec<16> v = loadAs<Vec<16>>(x + i) * inverse + 12582912.0f;
    storeAs(to.x + i, lowBytes(__builtin_bit_cast(IntVec<16>, v)));
  }
  for (; i < n; ++i)
    to.x[i] =
        (int8_t)__builtin_bit_cast(int32_t, x[i] * inverse + 12582912.0f);
  *to.scales = zero ? 0.0f : largest / 127.0f;
}

} // namespace

#endif
