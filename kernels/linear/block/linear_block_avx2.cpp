// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/linear/avx2_x86.h"
#include "kernels/linear/block/linear_block_x86.h"

#define KERNELS(layout, bits, group, zeros)                                    \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_1x8_avx2) {                        \
    decodeBlocks<Avx2, BlockPanel<bits, group, zeros>>(args, begin, end);      \
  }                                                                            \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_2x16_avx2) {                       \
    prefillBlocks<Avx2, BlockPanel<bits, group, zeros>>(args, begin, end);     \
  }
LLMC_BLOCK_LAYOUTS(KERNELS)
