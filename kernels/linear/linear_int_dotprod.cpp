// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/linear/dot_arm.h"

namespace {

// 32 products of a nibble and an activation fit in int16 (8 * 127 * 32), so the
// sum of a group of 32 is multiplied widening: on cores without SVE an int32
// multiply takes twice the time.
struct Plain : Dotprod {
  template <int64_t Group> static constexpr int shift() {
    return Group == 32 ? 0 : kShift;
  }
  template <int64_t Group>
  LLMC_INLINE void multiply(Sums &total, const Sums &s, const int8_t *r) {
    int16x8_t m = vmovl_s8(vld1_s8(r));
    if constexpr (Group == 32) {
      int16x8_t t = vshrn_high_n_s32(vshrn_n_s32(s.lo, 4), s.hi, 4);
      total.lo = vmlal_s16(total.lo, vget_low_s16(t), vget_low_s16(m));
      total.hi = vmlal_high_s16(total.hi, t, m);
    } else {
      total.lo = vmlaq_s32(total.lo, s.lo, vmovl_s16(vget_low_s16(m)));
      total.hi = vmlaq_s32(total.hi, s.hi, vmovl_high_s16(m));
    }
  }
};

} // namespace

#define KERNELS(layout, Panel)                                                 \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_1x8_dotprod) {                     \
    decode<Plain, Panel>(args, begin, end);                                    \
  }                                                                            \
  LLMC_KERNEL(llmc_linear_f32_q8_##layout##_8x8_dotprod) {                     \
    prefillLane<Plain, Panel>(args, begin, end);                               \
  }
LLMC_INT_LAYOUTS(KERNELS)
