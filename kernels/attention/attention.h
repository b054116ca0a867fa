// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Causal grouped-query attention of rows over their sequence's KV cache, with
// online softmax (Milakov and Gimelshein, 2018; Dao et al., 2022):
//   out[r, h] = softmax(cap(q . K^T * scale)) V  over positions <= position[r]
//   (and > position[r] - window when window > 0); cap(s) = softcap *
//   tanh(s / softcap) when softcap > 0.
// KV is read in blocks of LLMC_ATTENTION_BLOCK positions aligned to absolute
// position. A block stands alone: m its highest score, p = exp(score - m), l
// the sum of p, o = p . V. The blocks are folded in ascending order, the first
// as it is, another by
//   n = max(m, m_b), c = exp(m - n), c_b = exp(m_b - n)
//   m = n, l = fma(l, c, l_b * c_b), o = fma(o, c, o_b * c_b)
// and out = o * (1 / l), so that the bits depend neither on how rows were
// grouped nor on who computed a block. Units: kv_head * rows + row.
#ifndef LLMC_KERNELS_ATTENTION_ATTENTION_H
#define LLMC_KERNELS_ATTENTION_ATTENTION_H

#include "kernels/kernel.h"

#define LLMC_ATTENTION_BLOCK 64

struct llmc_attention_args {
  const float *qkv;         // roped, as rope_append leaves it
  const int32_t *sequences; // [rows]
  const int32_t *positions; // [rows]
  const void *k_cache;      // this layer's K of sequence 0
  const void *v_cache;
  float *out; // [rows, heads * head_dim]
  int64_t rows, heads, kv_heads, head_dim;
  int64_t context;         // positions per head
  int64_t sequence_stride; // bytes between sequences
  int64_t window;          // 0: all
  int64_t qkv_stride;      // elements between rows of qkv
  double scale, softcap;
  int64_t out_stride; // elements between rows of out
  void *scratch;      // thread-private
};

#endif
