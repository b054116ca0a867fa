// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The walk of decode_attention over units, for every ISA: a call that has all
// splits of a KV head folds its blocks as it goes; else they go to `partials`
// and the last call to arrive folds them. `attend` as in attention_queries.h.
#ifndef LLMC_KERNELS_ATTENTION_DECODE_ATTENTION_SPLITS_H
#define LLMC_KERNELS_ATTENTION_DECODE_ATTENTION_SPLITS_H

#include "kernels/attention/attention_queries.h"

namespace {

constexpr int64_t kSplits = LLMC_ATTENTION_SPLITS;

// The row that is decoded, and one of its KV heads.
struct Decode {
  const llmc_decode_attention_args *a;
  int64_t group, first, last, firstBlock, blocks;
  int64_t kvHead;
  float *partial(int64_t block, int64_t query) const {
    return a->partials + (block * a->heads + kvHead * group + query) *
                             llmc_attention_partial(a->head_dim);
  }
};

// Blocks [begin, end) of the row, each alone.
template <typename E, typename Attend>
LLMC_INLINE void attendParts(const Decode &row, const Shape &shape,
                             Query *queries, int64_t at, int64_t count,
                             int64_t begin, int64_t end, KvRows<E> k,
                             KvRows<E> v, Attend attend) {
  attend.prepare(shape, queries, count);
  for (int64_t b = begin; b < end; ++b) {
    int64_t start = (row.firstBlock + b) * kBlock;
    for (int64_t i = 0; i < count; ++i) {
      queries[i].out = row.partial(b, at + i);
      queries[i].l = 0;
    }
    attend(shape, queries, count, start, rowsOn(k, start, shape.d),
           rowsOn(v, start, shape.d));
    for (int64_t i = 0; i < count; ++i) {
      queries[i].out[shape.d] = queries[i].m;
      queries[i].out[shape.d + 1] = queries[i].l;
    }
  }
}

LLMC_INLINE void foldParts(const Decode &row, int64_t query) {
  int64_t d = row.a->head_dim;
  Query all = {};
  all.out = row.a->out + (row.kvHead * row.group + query) * d;
  for (int64_t b = 0; b < row.blocks; ++b) {
    const float *o = row.partial(b, query);
    Join j = join(all, o[d], o[d + 1]);
    int64_t i = 0;
    for (; i + 16 <= d; i += 16)
      joinOut(all.out + i, j, loadAs<Vec<16>>(o + i));
    for (; i < d; ++i)
      joinOut(all.out + i, j, o[i]);
  }
  scaleBy(all.out, 1.0f / all.l, d);
}

// Adds `splits` to the head's count; true for the one that completes it.
LLMC_INLINE bool isLast(const Decode &row, int64_t splits) {
  auto *counter = reinterpret_cast<int32_t *>(
      static_cast<char *>(row.a->counters) +
      row.kvHead * LLMC_ATTENTION_COUNTER_BYTES);
  if (__atomic_add_fetch(counter, (int32_t)splits, __ATOMIC_ACQ_REL) < kSplits)
    return false;
  __atomic_store_n(counter, 0, __ATOMIC_RELAXED);
  return true;
}

template <typename E>
LLMC_INLINE void append(const Decode &row, const float *x, KvRows<E> k,
                        KvRows<E> v, float *rotated) {
  int64_t d = row.a->head_dim;
  rotateHead(x, rotated, row.a->table, row.a->rotary_dim / 2, d);
  storeRow(rowsOn(k, row.last, d), rotated, d);
  storeRow(rowsOn(v, row.last, d), x + d, d);
}

// Splits [begin, end) of one KV head. Scratch: kBatch rotated queries, then the
// ISA's.
template <typename E, typename Attend>
LLMC_INLINE void decodeHead(const Decode &row, Shape shape, int64_t begin,
                            int64_t end, KvRows<E> k, KvRows<E> v,
                            Attend attend) {
  const auto *a = row.a;
  int64_t d = shape.d, first = begin * row.blocks / kSplits;
  int64_t last = end * row.blocks / kSplits;
  bool whole = end - begin == kSplits;
  const float *x = a->qkv + row.kvHead * (row.group + 2) * d;
  float *rotated = shape.scratch;
  shape.scratch += (kBatch * d + 15) / 16 * 16;
  if (end == kSplits)
    append(row, x + row.group * d, k, v, rotated);
  Query queries[kBatch];
  for (int64_t at = 0; at < row.group && first < last; at += kBatch) {
    int64_t count = least(kBatch, row.group - at);
    for (int64_t i = 0; i < count; ++i) {
      float *q = rotated + i * d;
      rotateHead(x + (at + i) * d, q, a->table, a->rotary_dim / 2, d);
      queries[i] = {q,        a->out + (row.kvHead * row.group + at + i) * d,
                    row.first, row.last,
                    0.0f,      0.0f};
    }
    if (whole)
      attendAll(shape, queries, count, k, v, attend);
    else
      attendParts(row, shape, queries, at, count, first, last, k, v, attend);
  }
  if (!whole && isLast(row, end - begin))
    for (int64_t i = 0; i < row.group; ++i)
      foldParts(row, i);
}

template <typename E, typename Attend>
LLMC_INLINE void decodeAttention(const void *args, int64_t begin, int64_t end,
                                 Attend attend) {
  const auto *a = static_cast<const llmc_decode_attention_args *>(args);
  int64_t d = a->head_dim, last = a->positions[0];
  int64_t first = firstSeen(last, a->window);
  Decode row = {a,    a->heads / a->kv_heads, first,
                last, first / kBlock,         last / kBlock - first / kBlock + 1,
                0};
  Shape shape = {d, (float)a->scale, (float)a->softcap,
                 static_cast<float *>(a->scratch)};
  KvPart k = {a->k_cache, a->kv_heads, a->context, d, a->sequence_stride};
  KvPart v = {a->v_cache, a->kv_heads, a->context, d, a->sequence_stride};
  for (int64_t unit = begin; unit < end;) {
    row.kvHead = unit / kSplits;
    int64_t split = unit % kSplits, n = least(kSplits - split, end - unit);
    decodeHead(row, shape, split, split + n,
               kvRows<E>(k, a->sequences[0], row.kvHead, 0),
               kvRows<E>(v, a->sequences[0], row.kvHead, 0), attend);
    unit += n;
  }
}

} // namespace

#endif
