// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// out[r] = table[tokens[r]] * scale, dequantized from the table's packed
// layout (the same copy that the output linear reads when tied).
// Units are rows. vocab is the number of table rows.
#ifndef LLMC_KERNELS_EMBEDDING_EMBEDDING_H
#define LLMC_KERNELS_EMBEDDING_EMBEDDING_H

#include "kernels/kernel.h"

struct llmc_embedding_args {
  const int32_t *tokens; // [rows]
  const void *table;     // packed weights [vocab, width]
  float *out;            // [rows, width]
  int64_t vocab, width;
  double scale;
};

#endif
