// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Rotary position embedding (Su et al., 2021), half-split form: element i and
// i + head_dim/2 of a head are rotated by position * inv_freq[i].
//
// rope_table: cos and sin of a row's position, once per step for all layers.
//   The angle is the f32 product of position and inv_freq, as the reference
//   frameworks compute it; cos and sin are then exact to 1 ulp of f32.
// rope_append: rotates q in place, rotates k and stores k and v in the KV
//   cache at the row's position. qkv holds for every KV head g one block:
//   [heads/kv_heads query heads][k][v], each head_dim.
#ifndef LLMC_KERNELS_ROPE_ROPE_H
#define LLMC_KERNELS_ROPE_ROPE_H

#include "kernels/kernel.h"

struct llmc_rope_table_args {
  const int32_t *positions; // [rows]
  const float *inv_freq;    // [head_dim / 2]
  float *table;             // [rows][2][head_dim / 2]: cos, then sin
  int64_t rows, head_dim;
  double scale; // attention factor, multiplied into cos and sin
};

struct llmc_rope_append_args {
  float *qkv;                // [rows, (heads + 2 * kv_heads) * head_dim]
  const float *table;        // rope_table's
  const int32_t *sequences;  // [rows]
  const int32_t *positions;  // [rows]
  void *k_cache;             // this layer's K of sequence 0 (layouts/kv_layout.h)
  void *v_cache;             // this layer's V of sequence 0
  int64_t rows, heads, kv_heads, head_dim;
  int64_t rotary_dim;        // leading elements that rotate; head_dim for Llama
  int64_t context;           // positions per head
  int64_t sequence_stride;   // bytes between sequences
};

#endif
