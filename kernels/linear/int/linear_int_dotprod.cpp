// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/linear/dot_arm.h"
#include <type_traits>

namespace {

// On cores without SVE an int32 multiply takes twice the time. 32 products of a
// nibble and an activation fit in int16 (8 * 127 * 32), so groups of 32 are
// multiplied widening. Their sums run on from group to group, as differences
// modulo 2^16 are exact: one subtraction instead of two registers to clear.
template <typename P> struct Totals32 {
  Sums sums = {vdupq_n_s32(0), vdupq_n_s32(0)};
  Sums running = {vdupq_n_s32(0), vdupq_n_s32(0)};
  int16x8_t before = vdupq_n_s16(0);

  LLMC_INLINE_MEMBER void add(const uint8_t *w, const int8_t *a, int64_t,
                              const uint8_t *r) {
    P::nibbles(running, w, a);
    int16x8_t now;
    // As intrinsics LLVM 19 takes the two halves apart again.
    __asm__("shrn %0.4h, %1.4s, #4\n\tshrn2 %0.8h, %2.4s, #4"
            : "=&w"(now)
            : "w"(running.lo), "w"(running.hi));
    int16x8_t s = vsubq_s16(now, before);
    __asm__("" : "+w"(s));
    int16x8_t m = vmovl_s8(vld1_s8(reinterpret_cast<const int8_t *>(r)));
    sums.lo = vmlal_s16(sums.lo, vget_low_s16(s), vget_low_s16(m));
    sums.hi = vmlal_high_s16(sums.hi, s, m);
    before = now;
  }
};

struct Plain : Dotprod {
  template <int64_t Group>
  using Totals = std::conditional_t<Group == 32, Totals32<Plain>,
                                    GroupTotals<Widening, Group>>;
  template <int64_t Group> static constexpr int shift() {
    return Group == 32 ? 0 : kShift;
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
