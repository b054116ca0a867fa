// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// int8 activations: k is padded with zeros to a multiple of 32, one f32 scale
// stands per 256 elements. `interleave` rows (1: q8, 2: q8x2) form a group that
// lies in one piece:
//   [k / 8][interleave][8] int8, then [k / 256][interleave] f32, padded to 16.
// So q8x2 serves loads of 2 rows x 8 k (SMMLA). Rows are padded to whole groups;
// the padding rows of the last group are zero. Units are bytes.
#ifndef LLMC_KERNELS_LAYOUTS_LHS_Q8_H
#define LLMC_KERNELS_LAYOUTS_LHS_Q8_H

#include <stdint.h>

#define LLMC_Q8_BLOCK 256

// k as stored: a multiple of 32.
static inline int64_t llmc_q8_k(int64_t k) { return (k + 31) / 32 * 32; }

// Scales of one row.
static inline int64_t llmc_q8_blocks(int64_t k) {
  return (k + LLMC_Q8_BLOCK - 1) / LLMC_Q8_BLOCK;
}

// From the start of a group of rows to its scales.
static inline int64_t llmc_q8_scales(int64_t k, int64_t interleave) {
  return llmc_q8_k(k) * interleave;
}

// From one group of rows to the next.
static inline int64_t llmc_q8_stride(int64_t k, int64_t interleave) {
  int64_t scales = llmc_q8_blocks(k) * interleave * (int64_t)sizeof(float);
  return llmc_q8_scales(k, interleave) + (scales + 15) / 16 * 16;
}

// Of a whole operand.
static inline int64_t llmc_q8_bytes(int64_t rows, int64_t k,
                                    int64_t interleave) {
  return (rows + interleave - 1) / interleave * llmc_q8_stride(k, interleave);
}

// Of element (row, column).
static inline int64_t llmc_q8_offset(int64_t row, int64_t column, int64_t k,
                                     int64_t interleave) {
  return row / interleave * llmc_q8_stride(k, interleave) +
         column / 8 * 8 * interleave + row % interleave * 8 + column % 8;
}

// Of the scale of (row, block).
static inline int64_t llmc_q8_scale_offset(int64_t row, int64_t block,
                                           int64_t k, int64_t interleave) {
  return row / interleave * llmc_q8_stride(k, interleave) +
         llmc_q8_scales(k, interleave) +
         (block * interleave + row % interleave) * (int64_t)sizeof(float);
}

#endif
