// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The KV cache of one sequence: for every layer K, then V, each
// [kv_heads][context][head_dim] elements of f32, f16 (round to nearest even) or
// int8. `element` is the size of one element and says which; behind the
// elements of int8, at a multiple of 64 bytes, stands
// [kv_heads][context rounded up to 64] f32: x = scale of (head, position) *
// element. K and V of a layer and sequence start at multiples of 64 bytes. Units
// are bytes.
#ifndef LLMC_KERNELS_LAYOUTS_KV_LAYOUT_H
#define LLMC_KERNELS_LAYOUTS_KV_LAYOUT_H

#include <stdint.h>

static inline int64_t llmc_kv_round_up(int64_t n) { return (n + 63) / 64 * 64; }

// From the start of K or V of one layer to its scales (int8 only).
static inline int64_t llmc_kv_scales_offset(int64_t kv_heads, int64_t context,
                                            int64_t head_dim) {
  return llmc_kv_round_up(kv_heads * context * head_dim);
}

// K, or V, of one layer.
static inline int64_t llmc_kv_part_bytes(int64_t kv_heads, int64_t context,
                                         int64_t head_dim, int64_t element) {
  int64_t scales = element == 1 ? kv_heads * llmc_kv_round_up(context) * 4 : 0;
  return llmc_kv_round_up(kv_heads * context * head_dim * element) + scales;
}

// All layers of one sequence: the distance between sequences.
static inline int64_t llmc_kv_sequence_bytes(int64_t layers, int64_t kv_heads,
                                             int64_t context, int64_t head_dim,
                                             int64_t element) {
  return layers * 2 *
         llmc_kv_part_bytes(kv_heads, context, head_dim, element);
}

// From the sequence's start to a layer's K (part 0) or V (part 1).
static inline int64_t llmc_kv_part_offset(int64_t layer, int64_t part,
                                          int64_t kv_heads, int64_t context,
                                          int64_t head_dim, int64_t element) {
  return (layer * 2 + part) *
         llmc_kv_part_bytes(kv_heads, context, head_dim, element);
}

// From a part's start to the row of (head, position), in elements.
static inline int64_t llmc_kv_row(int64_t head, int64_t position,
                                  int64_t context, int64_t head_dim) {
  return (head * context + position) * head_dim;
}

// From the scales' start to the one of (head, position), in scales.
static inline int64_t llmc_kv_scale(int64_t head, int64_t position,
                                    int64_t context) {
  return head * llmc_kv_round_up(context) + position;
}

#endif
