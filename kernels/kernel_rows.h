// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// kernel_table.def as data with the functions of this architecture, for callers
// that run kernels by row: the evaluator, tests, benchmarks. `isa` is the row's
// index in isa_features.def, -1 for any; `kernel` is null when the row belongs
// to another architecture. Referring to it links every kernel.
#ifndef LLMC_KERNELS_KERNEL_ROWS_H
#define LLMC_KERNELS_KERNEL_ROWS_H

#include "kernels/kernel.h"

struct llmc_kernel_row {
  const char *op, *graph, *out, *lhs, *rhs, *variant, *isa_name;
  int32_t isa;
  int64_t granule, scratch0, scratch_k;
  const char *symbol;
  llmc_kernel kernel;
};

#ifdef __cplusplus
extern "C" {
#endif
// All rows in table order.
const struct llmc_kernel_row *llmc_kernel_rows(size_t *count);
#ifdef __cplusplus
}
#endif

#endif
