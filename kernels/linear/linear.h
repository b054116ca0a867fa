// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// out[r, c] = sum_k lhs[r, k] * weight[c, k] + bias[c].
// Units are columns. Decode kernels are called with rows == 1, prefill kernels
// with any number of rows. Every kernel of one scheme sums one output in the
// same k order (see kernels/README.md), so all give the same bits.
#ifndef LLMC_KERNELS_LINEAR_LINEAR_H
#define LLMC_KERNELS_LINEAR_LINEAR_H

#include "kernels/kernel.h"

struct llmc_linear_args {
  const void *lhs;   // activations: f32 [rows, k], or layouts/lhs_q8.h
  const void *rhs;   // weights in the layout of the kernel's row
  const float *bias; // [n] or null
  float *out;        // [rows, out_stride]
  int64_t rows, n, k;
  int64_t out_stride; // elements
  void *scratch;      // thread-private, the row's scratch bytes, 64-aligned
};

#endif
