// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/kernel.h"
#include "kernels/layouts/kv_layout.h"
#include "kernels/rope/rope.h"
#include "kernels/vectors.h"

namespace {

typedef _Float16 Half8 __attribute__((ext_vector_type(8)));

// Rotates one head in place; half is rotary_dim / 2.
void rotate(float *x, const float *table, int64_t half) {
  int64_t i = 0;
  for (; i + 8 <= half; i += 8) {
    Vec<8> a = loadAs<Vec<8>>(x + i), b = loadAs<Vec<8>>(x + half + i);
    Vec<8> c = loadAs<Vec<8>>(table + i), s = loadAs<Vec<8>>(table + half + i);
    storeAs(x + i, fma(-b, s, a * c));
    storeAs(x + half + i, fma(a, s, b * c));
  }
  for (; i < half; ++i) {
    float a = x[i], b = x[half + i], c = table[i], s = table[half + i];
    x[i] = __builtin_fmaf(-b, s, a * c);
    x[half + i] = __builtin_fmaf(a, s, b * c);
  }
}

void store(float *out, const float *x, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    out[i] = x[i];
}

void store(_Float16 *out, const float *x, int64_t n) {
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    storeAs(out + i, __builtin_convertvector(loadAs<Vec<8>>(x + i), Half8));
  for (; i < n; ++i)
    out[i] = (_Float16)x[i];
}

template <typename T>
void ropeAppend(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_rope_append_args *>(args);
  int64_t queries = a->heads / a->kv_heads, d = a->head_dim;
  int64_t block = (queries + 2) * d;
  for (int64_t unit = begin; unit < end; ++unit) {
    int64_t head = unit / a->rows, r = unit % a->rows;
    float *x = a->qkv + (r * a->kv_heads + head) * block;
    for (int64_t q = 0; q <= queries; ++q)
      rotate(x + q * d, a->table + r * a->rotary_dim, a->rotary_dim / 2);
    int64_t sequence = a->sequences[r] * a->sequence_stride;
    int64_t row = llmc_kv_row(head, a->positions[r], a->context, d);
    T *k = reinterpret_cast<T *>(static_cast<char *>(a->k_cache) + sequence);
    T *v = reinterpret_cast<T *>(static_cast<char *>(a->v_cache) + sequence);
    store(k + row, x + queries * d, d);
    store(v + row, x + (queries + 1) * d, d);
  }
}

} // namespace

LLMC_KERNEL(llmc_rope_append_f32_kv_f32_1x8_any) {
  ropeAppend<float>(args, begin, end);
}
LLMC_KERNEL(llmc_rope_append_f32_kv_f16_1x8_any) {
  ropeAppend<_Float16>(args, begin, end);
}
