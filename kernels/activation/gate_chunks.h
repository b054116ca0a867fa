// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Walks the pairs of chunks (gated_activation.h) whose first column lies in a
// slice of units, one row's run of pairs at a time.
#ifndef LLMC_KERNELS_ACTIVATION_GATE_CHUNKS_H
#define LLMC_KERNELS_ACTIVATION_GATE_CHUNKS_H

#include "kernels/activation/gated_activation.h"
#include "kernels/vectors.h"

// Calls run(gate, out, n) with n outputs from `gate` on: whole pairs of 8 and
// at a row's end a short one.
template <typename Run>
LLMC_INLINE void forGateRuns(const llmc_gated_activation_args *a, int64_t begin,
                             int64_t end, Run run) {
  const int64_t pair = 2 * LLMC_GATE_CHUNK, row = 2 * a->width;
  if (row <= 0)
    return;
  for (int64_t r = begin / row; r * row < end; ++r) {
    int64_t lo = begin - r * row, hi = end - r * row;
    lo = lo > 0 ? (lo + pair - 1) / pair * pair : 0;
    hi = hi < row ? (hi + pair - 1) / pair * pair : row;
    hi = hi < row ? hi : row;
    if (lo < hi)
      run(a->in + r * row + lo, a->out + r * a->width + lo / 2, (hi - lo) / 2);
  }
}

#endif
