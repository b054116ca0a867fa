// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One kernel for any rows: without a dot product, decode gains little by
// reading the nibbles in place.
#include "kernels/linear/block/linear_block_arm.h"
#include "kernels/linear/neon_arm.h"

namespace {

struct BlockNeon : Neon {
  LLMC_INLINE float32x4_t addSum(float32x4_t part, int32x4_t sum,
                                 float32x4_t scale) {
    return vfmaq_f32(part, vcvtq_f32_s32(sum), scale);
  }
};

} // namespace

#define KERNEL(layout, bits, group, zeros)                                     \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_4x8_neon) {                        \
    prefillBlocksLane<BlockNeon, BlockPanel<bits, group, zeros>>(args, begin,  \
                                                                 end);         \
  }
LLMC_BLOCK_LAYOUTS(KERNEL)
