// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Oracle of attention, one query head at a time.
#include "kernels/attention/attention_oracle.h"

namespace {

// One query head over positions [first, last].
template <typename Arithmetic, typename E>
void attendHead(const llmc_attention_args *a, const float *q, KvRows<E> k,
                KvRows<E> v, int64_t first, int64_t last, float *out) {
  int64_t d = a->head_dim;
  Folded all = {0, 0, 0, 0, true};
  for (int64_t start = first / kBlock * kBlock; start <= last;
       start += kBlock) {
    int64_t lo = start < first ? first - start : 0;
    int64_t hi = last - start < kBlock - 1 ? last - start : kBlock - 1;
    Block block = Arithmetic::weigh(q, k, v, d, lo, hi, (float)a->scale,
                                    (float)a->softcap);
    Folded joined = join(all, block.m, block.l);
    for (int64_t i = 0; i < d; ++i)
      joinOut(out + i, all, joined, Arithmetic::valueOf(block, v, d, i));
    all = joined;
    k = {k.x + kBlock * d, k.scales ? k.scales + kBlock : nullptr};
    v = {v.x + kBlock * d, v.scales ? v.scales + kBlock : nullptr};
  }
  float inverse = 1.0f / all.l;
  for (int64_t i = 0; i < d; ++i)
    out[i] *= inverse;
}

template <typename Arithmetic, typename E>
void attention(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_attention_args *>(args);
  int64_t queries = a->heads / a->kv_heads, d = a->head_dim;
  KvPart k = {const_cast<void *>(a->k_cache), a->kv_heads, a->context, d,
              a->sequence_stride};
  KvPart v = {const_cast<void *>(a->v_cache), a->kv_heads, a->context, d,
              a->sequence_stride};
  for (int64_t unit = begin; unit < end; ++unit) {
    int64_t kvHead = unit / a->rows, r = unit % a->rows;
    int64_t last = a->positions[r], sequence = a->sequences[r];
    int64_t first =
        a->window > 0 && last >= a->window ? last - a->window + 1 : 0;
    int64_t start = first / kBlock * kBlock;
    for (int64_t h = 0; h < queries; ++h)
      attendHead<Arithmetic>(
          a,
          a->qkv + r * a->qkv_stride +
              kvHead * (a->qkv_stride / a->kv_heads) + h * d,
          kvRows<E>(k, sequence, kvHead, start),
          kvRows<E>(v, sequence, kvHead, start), first, last,
          a->out + r * a->out_stride + (kvHead * queries + h) * d);
  }
}

} // namespace

#define ATTENTION(types, Arithmetic, E)                                        \
  LLMC_KERNEL(llmc_attention_f32_f32_##types##_ref) {                          \
    attention<Arithmetic, E>(args, begin, end);                                \
  }
ATTENTION(kv_f32, Single, float)
ATTENTION(kv_f16, Single, uint16_t)
ATTENTION(kv_i8, Single, int8_t)
ATTENTION(kv_f16_half, Half, uint16_t)
ATTENTION(kv_i8_half, Half, int8_t)
