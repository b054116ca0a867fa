// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/linear/avx512vnni_x86.h"
#include "kernels/linear/block/linear_block_x86.h"

#define KERNELS(layout, bits, group, zeros)                                    \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_1x8_avx512vnni) {                        \
    decodeBlocks<Vnni, BlockPanel<bits, group, zeros>>(args, begin, end);      \
  }                                                                            \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_6x32_avx512vnni) {                       \
    prefillBlocks<Vnni, BlockPanel<bits, group, zeros>>(args, begin, end);     \
  }
LLMC_BLOCK_LAYOUTS(KERNELS)
