// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Oracle of decode_attention: every block goes through `partials`.
#include "kernels/attention/attention_oracle.h"
#include "kernels/attention/decode_attention.h"
#include "kernels/rope/rope_oracle.h"

namespace {

// The row that is decoded, in blocks.
struct Row {
  const llmc_decode_attention_args *a;
  int64_t queries, d, sequence, position, first, firstBlock, blocks;
  float *partial(int64_t block, int64_t head) const {
    return a->partials +
           (block * a->heads + head) * llmc_attention_partial(d);
  }
};

Row rowOf(const llmc_decode_attention_args *a) {
  int64_t last = a->positions[0];
  int64_t first =
      a->window > 0 && last >= a->window ? last - a->window + 1 : 0;
  return {a,     a->heads / a->kv_heads, a->head_dim,
          a->sequences[0], last,         first,
          first / kBlock,  last / kBlock - first / kBlock + 1};
}

template <typename Arithmetic, typename E>
void attendBlock(const Row &row, int64_t kvHead, int64_t block, KvPart kPart,
                 KvPart vPart, const float *x) {
  const llmc_decode_attention_args *a = row.a;
  int64_t start = (row.firstBlock + block) * kBlock, d = row.d;
  int64_t lo = start < row.first ? row.first - start : 0;
  int64_t hi = row.position - start < kBlock - 1 ? row.position - start
                                                 : kBlock - 1;
  KvRows<E> k = kvRows<E>(kPart, row.sequence, kvHead, start);
  KvRows<E> v = kvRows<E>(vPart, row.sequence, kvHead, start);
  for (int64_t h = 0; h < row.queries; ++h) {
    float *o = row.partial(block, kvHead * row.queries + h);
    // q is rotated where the block's result will stand.
    for (int64_t i = 0; i < d; ++i)
      o[i] = x[h * d + i];
    rotateHead(o, a->table, a->rotary_dim / 2);
    Block b = Arithmetic::weigh(o, k, v, d, lo, hi, (float)a->scale,
                                (float)a->softcap);
    for (int64_t i = 0; i < d; ++i)
      o[i] = Arithmetic::valueOf(b, v, d, i);
    o[d] = b.m;
    o[d + 1] = b.l;
  }
}

void foldHead(const Row &row, int64_t head) {
  float *out = row.a->out + head * row.d;
  Folded all = {0, 0, 0, 0, true};
  for (int64_t b = 0; b < row.blocks; ++b) {
    const float *o = row.partial(b, head);
    Folded joined = join(all, o[row.d], o[row.d + 1]);
    for (int64_t i = 0; i < row.d; ++i)
      joinOut(out + i, all, joined, o[i]);
    all = joined;
  }
  float inverse = 1.0f / all.l;
  for (int64_t i = 0; i < row.d; ++i)
    out[i] *= inverse;
}

// Rotates k where the result of the last block will stand.
template <typename E>
void append(const Row &row, int64_t kvHead, KvPart kPart, KvPart vPart,
            const float *x) {
  float *k = row.partial(row.blocks - 1, kvHead * row.queries);
  for (int64_t i = 0; i < row.d; ++i)
    k[i] = x[row.queries * row.d + i];
  rotateHead(k, row.a->table, row.a->rotary_dim / 2);
  storeRow(kvRows<E>(kPart, row.sequence, kvHead, row.position), k, row.d);
  storeRow(kvRows<E>(vPart, row.sequence, kvHead, row.position),
           x + (row.queries + 1) * row.d, row.d);
}

template <typename Arithmetic, typename E>
void decodeAttention(const void *args, int64_t begin, int64_t end) {
  const auto *a = static_cast<const llmc_decode_attention_args *>(args);
  const int64_t splits = LLMC_ATTENTION_SPLITS;
  Row row = rowOf(a);
  KvPart k = {a->k_cache, a->kv_heads, a->context, row.d, a->sequence_stride};
  KvPart v = {a->v_cache, a->kv_heads, a->context, row.d, a->sequence_stride};
  for (int64_t unit = begin; unit < end; ++unit) {
    int64_t kvHead = unit / splits, split = unit % splits;
    const float *x = a->qkv + kvHead * (row.queries + 2) * row.d;
    if (split == splits - 1)
      append<E>(row, kvHead, k, v, x);
    for (int64_t b = split * row.blocks / splits;
         b < (split + 1) * row.blocks / splits; ++b)
      attendBlock<Arithmetic, E>(row, kvHead, b, k, v, x);
    auto *counter = reinterpret_cast<int32_t *>(
        static_cast<char *>(a->counters) +
        kvHead * LLMC_ATTENTION_COUNTER_BYTES);
    if (__atomic_add_fetch(counter, 1, __ATOMIC_ACQ_REL) < splits)
      continue;
    __atomic_store_n(counter, 0, __ATOMIC_RELAXED);
    for (int64_t h = 0; h < row.queries; ++h)
      foldHead(row, kvHead * row.queries + h);
  }
}

} // namespace

#define DECODE_ATTENTION(types, Arithmetic, E)                                 \
  LLMC_KERNEL(llmc_decode_attention_f32_f32_##types##_ref) {                   \
    decodeAttention<Arithmetic, E>(args, begin, end);                          \
  }
DECODE_ATTENTION(kv_f32, Single, float)
DECODE_ATTENTION(kv_f16, Single, uint16_t)
DECODE_ATTENTION(kv_i8, Single, int8_t)
DECODE_ATTENTION(kv_f16_half, Half, uint16_t)
DECODE_ATTENTION(kv_i8_half, Half, int8_t)
