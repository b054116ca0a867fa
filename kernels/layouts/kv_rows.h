// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Typed access to rows of the KV cache (kv_layout.h) for kernels: E is the
// element type, int8_t rows have scales.
#ifndef LLMC_KERNELS_LAYOUTS_KV_ROWS_H
#define LLMC_KERNELS_LAYOUTS_KV_ROWS_H

#include "kernels/layouts/kv_layout.h"
#include "kernels/vectors.h"

namespace {

// Rows of consecutive positions of one head, head_dim apart.
template <typename E> struct KvRows {
  E *x;
  float *scales; // null unless int8
};

// What locates them: K or V of one layer and sequence 0, and its sizes.
struct KvPart {
  void *base;
  int64_t kvHeads, context, d, sequenceStride;
};

template <typename E>
LLMC_INLINE KvRows<E> kvRows(const KvPart &part, int64_t sequence, int64_t head,
                             int64_t position) {
  char *base = static_cast<char *>(part.base) + sequence * part.sequenceStride;
  KvRows<E> rows = {reinterpret_cast<E *>(base) +
                        llmc_kv_row(head, position, part.context, part.d),
                    nullptr};
  if (sizeof(E) == 1)
    rows.scales =
        reinterpret_cast<float *>(
            base + llmc_kv_scales_offset(part.kvHeads, part.context, part.d)) +
        llmc_kv_scale(head, position, part.context);
  return rows;
}

} // namespace

#endif
