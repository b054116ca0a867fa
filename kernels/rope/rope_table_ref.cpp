// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Scalar oracle of rope_table.
#include "kernels/kernel.h"
#include "kernels/rope/cos_sin.h"
#include "kernels/rope/rope.h"

LLMC_KERNEL(llmc_rope_table_f32_ref) {
  const auto *a = static_cast<const llmc_rope_table_args *>(args);
  int64_t half = a->head_dim / 2;
  for (int64_t r = begin; r < end; ++r)
    for (int64_t i = 0; i < half; ++i) {
      float angle = (float)a->positions[r] * a->inv_freq[i];
      QuarterTurn<double> turn = quarterTurn<double>(angle);
      int64_t n = __builtin_bit_cast(int64_t, turn.n);
      float c = (float)(n & 1 ? turn.sin : turn.cos);
      float s = (float)(n & 1 ? turn.cos : turn.sin);
      float *out = a->table + r * 2 * half + i;
      out[0] = ((n + 1) & 2 ? -c : c) * (float)a->scale;
      out[half] = (n & 2 ? -s : s) * (float)a->scale;
    }
}
