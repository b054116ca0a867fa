// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// out[r, j] = act(gate[r, j]) * up[r, j]. `in` holds gate and up interleaved in
// chunks of LLMC_GATE_CHUNK columns: [gate 0..7][up 0..7][gate 8..15]...; the
// last chunk of each may be short. Units: columns of the flattened
// [rows, 2 * width]; a pair of chunks is computed by the slice that holds its
// first column, so any begin and end are right.
// The kernel's name says the activation: silu, gelu_tanh, gelu, relu.
#ifndef LLMC_KERNELS_ACTIVATION_GATED_ACTIVATION_H
#define LLMC_KERNELS_ACTIVATION_GATED_ACTIVATION_H

#include "kernels/kernel.h"

#define LLMC_GATE_CHUNK 8

struct llmc_gated_activation_args {
  const float *in; // [rows, 2 * width]
  float *out;      // [rows, width]
  int64_t rows, width;
};

#endif
