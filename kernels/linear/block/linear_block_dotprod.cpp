// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/linear/dot_arm.h"
#include "kernels/linear/block/linear_block_arm.h"

namespace {

// Sums that start where their bits read as floats.
struct Magic : Dotprod {
  static Acc zero() { return magicBits<1>(); }
  LLMC_INLINE float32x4_t addSum(float32x4_t part, int32x4_t sum,
                                 float32x4_t scale) {
    return ::addSum<1>(part, sum, scale);
  }
};

} // namespace

#define KERNELS(layout, bits, group, zeros)                                    \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_1x8_dotprod) {                     \
    decodeBlocks<Dotprod, BlockPanel<bits, group, zeros>>(args, begin, end);   \
  }                                                                            \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_4x8_dotprod) {                     \
    prefillBlocksLane<Magic, BlockPanel<bits, group, zeros>>(args, begin,      \
                                                             end);             \
  }
LLMC_BLOCK_LAYOUTS(KERNELS)
