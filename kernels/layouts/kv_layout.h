// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The KV cache of one sequence: for every layer K, then V, each
// [kv_heads][context][head_dim] elements of f32 or f16 (round to nearest even).
// K and V of a layer and sequence start at multiples of 64 bytes. Units are
// bytes; `element` is the size of one element.
#ifndef LLMC_KERNELS_LAYOUTS_KV_LAYOUT_H
#define LLMC_KERNELS_LAYOUTS_KV_LAYOUT_H

#include <stdint.h>

// K, or V, of one layer.
static inline int64_t llmc_kv_part_bytes(int64_t kv_heads, int64_t context,
                                         int64_t head_dim, int64_t element) {
  return (kv_heads * context * head_dim * element + 63) / 64 * 64;
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

#endif
