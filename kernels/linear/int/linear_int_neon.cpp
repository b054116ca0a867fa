// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/linear/neon_arm.h"

#define KERNELS(layout, Panel)                                                 \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_1x8_neon) {                        \
    decode<Neon, Panel>(args, begin, end);                                     \
  }                                                                            \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_4x8_neon) {                        \
    prefillLane<Neon, Panel>(args, begin, end);                                \
  }
LLMC_INT_LAYOUTS(KERNELS)
