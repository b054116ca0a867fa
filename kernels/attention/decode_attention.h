// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// rope_append and attention (rope/rope.h, attention.h) of one row, shared
// among threads: q and k are rotated, k and v appended, and out is attention's,
// bit by bit. Units: kv_head * splits + split. A split owns a contiguous part of
// the blocks that the row sees (the last one the row itself); a call that has
// not all splits of a KV head leaves its blocks' (o, m, l) in `partials` and adds
// its splits to the head's counter, and the one that completes the count folds
// all blocks and sets the counter back. So no barrier stands inside. qkv is not
// written.
#ifndef LLMC_KERNELS_ATTENTION_DECODE_ATTENTION_H
#define LLMC_KERNELS_ATTENTION_DECODE_ATTENTION_H

#include "kernels/attention/attention.h"

#define LLMC_ATTENTION_SPLITS 16
#define LLMC_ATTENTION_COUNTER_BYTES 64 // a KV head's, alone in its cache line

struct llmc_decode_attention_args {
  const float *qkv; // [kv_heads][heads / kv_heads q, k, v][head_dim]
  const float *table;       // rope_table's
  const int32_t *sequences; // [1]
  const int32_t *positions; // [1]
  void *k_cache;            // this layer's K of sequence 0
  void *v_cache;
  float *out;       // [heads * head_dim]
  float *partials;  // llmc_attention_partial_bytes
  void *counters;   // [kv_heads] of COUNTER_BYTES; 0 before and after a step
  int64_t heads, kv_heads, head_dim;
  int64_t rotary_dim;      // leading elements that rotate
  int64_t context;         // positions per head
  int64_t sequence_stride; // bytes between sequences
  int64_t window;          // 0: all
  double scale, softcap;
  void *scratch; // thread-private
};

// Most blocks that one row sees.
static inline int64_t llmc_attention_blocks(int64_t context, int64_t window) {
  int64_t seen = window > 0 && window < context ? window : context;
  return (seen + 2 * LLMC_ATTENTION_BLOCK - 2) / LLMC_ATTENTION_BLOCK;
}

// Floats from one (block, head) to the next: o, m, l, whole cache lines.
static inline int64_t llmc_attention_partial(int64_t head_dim) {
  return (head_dim + 2 + 15) / 16 * 16;
}

// [blocks][heads] of them.
static inline int64_t llmc_attention_partial_bytes(int64_t heads,
                                                   int64_t head_dim,
                                                   int64_t context,
                                                   int64_t window) {
  return llmc_attention_blocks(context, window) * heads *
         llmc_attention_partial(head_dim) * 4;
}

#endif
