// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// f32 activations [rows, width] to int8 with one f32 scale per 256 elements
// (symmetric, round to nearest even), in the layout that the kernel's row
// names (layouts/lhs_q8.h). Units are rows.
#ifndef LLMC_KERNELS_QUANTIZE_QUANTIZE_H
#define LLMC_KERNELS_QUANTIZE_QUANTIZE_H

#include "kernels/kernel.h"

struct llmc_quantize_args {
  const float *in; // [rows, width]
  void *out;       // layouts/lhs_q8.h
  int64_t rows, width;
};

#endif
