// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/kernel.h"
#include "kernels/rope/rope.h"
#include "kernels/rope/rope_rows.h"

namespace {

template <typename E>
void ropeAppend(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_rope_append_args *>(args);
  int64_t queries = a->heads / a->kv_heads, d = a->head_dim;
  KvPart k = {a->k_cache, a->kv_heads, a->context, d, a->sequence_stride};
  KvPart v = {a->v_cache, a->kv_heads, a->context, d, a->sequence_stride};
  for (int64_t unit = begin; unit < end; ++unit) {
    int64_t head = unit / a->rows, r = unit % a->rows;
    float *x = a->qkv + (r * a->kv_heads + head) * (queries + 2) * d;
    for (int64_t q = 0; q <= queries; ++q)
      rotateHead(x + q * d, x + q * d, a->table + r * a->rotary_dim,
                 a->rotary_dim / 2, d);
    int64_t s = a->sequences[r], p = a->positions[r];
    storeRow(kvRows<E>(k, s, head, p), x + queries * d, d);
    storeRow(kvRows<E>(v, s, head, p), x + (queries + 1) * d, d);
  }
}

} // namespace

LLMC_KERNEL(llmc_rope_append_f32_kv_f32_1x8_any) {
  ropeAppend<float>(args, begin, end);
}
LLMC_KERNEL(llmc_rope_append_f32_kv_f16_1x8_any) {
  ropeAppend<_Float16>(args, begin, end);
}
LLMC_KERNEL(llmc_rope_append_f32_kv_i8_1x8_any) {
  ropeAppend<int8_t>(args, begin, end);
}
