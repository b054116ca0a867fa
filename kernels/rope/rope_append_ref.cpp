// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar oracle of rope_append:
//   x[i], x[i + h] = x[i] c - x[i + h] s, x[i + h] c + x[i] s, h = rotary_dim / 2
// each product with the cosine rounded first, the other one fused.
#include "kernels/formats/float16.h"
#include "kernels/kernel.h"
#include "kernels/layouts/kv_layout.h"
#include "kernels/rope/rope.h"

namespace {

void rotate(float *x, const float *table, int64_t half) {
  for (int64_t i = 0; i < half; ++i) {
    float a = x[i], b = x[half + i], c = table[i], s = table[half + i];
    x[i] = __builtin_fmaf(-b, s, a * c);
    x[half + i] = __builtin_fmaf(a, s, b * c);
  }
}

void store(float *out, float x) { *out = x; }
void store(uint16_t *out, float x) { *out = llmc_float_to_f16(x); }

template <typename T>
void ropeAppend(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_rope_append_args *>(args);
  int64_t queries = a->heads / a->kv_heads, d = a->head_dim;
  int64_t block = (queries + 2) * d;
  for (int64_t unit = begin; unit < end; ++unit) {
    int64_t head = unit / a->rows, r = unit % a->rows;
    float *x = a->qkv + (r * a->kv_heads + head) * block;
    const float *table = a->table + r * a->rotary_dim;
    for (int64_t q = 0; q <= queries; ++q)
      rotate(x + q * d, table, a->rotary_dim / 2);
    int64_t sequence = a->sequences[r] * a->sequence_stride;
    int64_t row = llmc_kv_row(head, a->positions[r], a->context, d);
    T *k = reinterpret_cast<T *>(static_cast<char *>(a->k_cache) + sequence);
    T *v = reinterpret_cast<T *>(static_cast<char *>(a->v_cache) + sequence);
    for (int64_t i = 0; i < d; ++i) {
      store(k + row + i, x[queries * d + i]);
      store(v + row + i, x[(queries + 1) * d + i]);
    }
  }
}

} // namespace

LLMC_KERNEL(llmc_rope_append_f32_kv_f32_ref) {
  ropeAppend<float>(args, begin, end);
}
LLMC_KERNEL(llmc_rope_append_f32_kv_f16_ref) {
  ropeAppend<uint16_t>(args, begin, end);
}
