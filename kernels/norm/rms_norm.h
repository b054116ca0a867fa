// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Residual addition, RMSNorm (Zhang and Sennrich, 2019) and, by the kernel's
// output type, activation quantization, in one pass over a row:
//   x[r] += delta[r] (when delta);  out[i] = x[r] / rms(x[r]) * weight
// with r = row_index[i], or i when row_index is null. With row_index, x is
// left as it is (the last norm reads the rows that want logits).
// Units are the rows of out. The sum of squares has a fixed order that does
// not depend on the ISA's width (kernels/README.md).
#ifndef LLMC_KERNELS_NORM_RMS_NORM_H
#define LLMC_KERNELS_NORM_RMS_NORM_H

#include "kernels/kernel.h"

struct llmc_rms_norm_args {
  float *x;             // [.., width] residual stream
  const float *delta;   // [.., width] or null
  const float *weight;  // [width]
  void *out;            // f32 [rows, width] or layouts/lhs_q8.h
  const int32_t *row_index; // [rows] or null
  int64_t rows, width;
  double epsilon;
};

#endif
