// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Oracle of rope_append, element by element from rope.h and kv_layout.h: it
// shares no code with the fast kernel.
#include "kernels/formats/float16.h"
#include "kernels/layouts/kv_layout.h"
#include "kernels/rope/rope.h"

namespace {

// Element i of head h of row r as it is after rotation. Heads are counted as qkv
// holds them: of each KV head its queries, k, v.
float rotated(const llmc_rope_append_args *a, const float *head, int64_t r,
              int64_t i) {
  int64_t half = a->rotary_dim / 2;
  if (i >= 2 * half)
    return head[i];
  const float *cos = a->table + r * a->rotary_dim, *sin = cos + half;
  if (i < half) // the product with cos is rounded, the other fused
    return __builtin_fmaf(-head[i + half], sin[i], head[i] * cos[i]);
  return __builtin_fmaf(head[i - half], sin[i - half], head[i] * cos[i - half]);
}

// The scale of an int8 row: max |x| / 127, 0 below 1e-30.
float largestOf(const float *x, int64_t n) {
  float largest = 0;
  for (int64_t i = 0; i < n; ++i)
    largest = __builtin_fabsf(x[i]) > largest ? __builtin_fabsf(x[i]) : largest;
  return largest < 1e-30f ? 0 : largest;
}

// One row of the cache part at `part`, elements of `size` bytes.
void store(const llmc_rope_append_args *a, void *part, int64_t r, int64_t g,
           const float *x, int64_t size) {
  int64_t d = a->head_dim, p = a->positions[r];
  char *base = static_cast<char *>(part) + a->sequences[r] * a->sequence_stride;
  char *to = base + llmc_kv_row(g, p, a->context, d) * size;
  float largest = size == 1 ? largestOf(x, d) : 0;
  for (int64_t i = 0; i < d; ++i)
    if (size == 4)
      reinterpret_cast<float *>(to)[i] = x[i];
    else if (size == 2)
      reinterpret_cast<uint16_t *>(to)[i] = llmc_float_to_f16(x[i]);
    else
      to[i] = (char)(int)__builtin_rintf(largest ? x[i] * (127 / largest) : 0);
  if (size == 1)
    reinterpret_cast<float *>(
        base + llmc_kv_scales_offset(a->kv_heads, a->context,
                                     d))[llmc_kv_scale(g, p, a->context)] =
        largest / 127;
}

void ropeAppend(const void *args, int64_t begin, int64_t end, int64_t size) {
  const auto *a = static_cast<const llmc_rope_append_args *>(args);
  int64_t group = a->heads / a->kv_heads + 2, d = a->head_dim;
  for (int64_t unit = begin; unit < end; ++unit) {
    int64_t g = unit / a->rows, r = unit % a->rows;
    float *first = a->qkv + (r * a->kv_heads + g) * group * d;
    for (float *head = first; head < first + (group - 1) * d; head += d)
      for (int64_t i = 0; i < a->rotary_dim / 2; ++i) {
        int64_t j = i + a->rotary_dim / 2;
        float x = rotated(a, head, r, i), y = rotated(a, head, r, j);
        head[i] = x;
        head[j] = y;
      }
    store(a, a->k_cache, r, g, first + (group - 2) * d, size);
    store(a, a->v_cache, r, g, first + (group - 1) * d, size);
  }
}

} // namespace

LLMC_KERNEL(llmc_rope_append_f32_kv_f32_ref) {
  ropeAppend(args, begin, end, 4);
}
LLMC_KERNEL(llmc_rope_append_f32_kv_f16_ref) {
  ropeAppend(args, begin, end, 2);
}
LLMC_KERNEL(llmc_rope_append_f32_kv_i8_ref) {
  ropeAppend(args, begin, end, 1);
}
