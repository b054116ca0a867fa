// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kernels/linear/dot_arm.h"
#include <type_traits>

namespace {

// On cores without SVE an int32 multiply takes twice the time. 32 products of a
// nibble and an activation fit in int16 (8 * 127 * 32), so groups of 32 are
// multiplied widening. Their sums run on from group to group, as differences
// modulo 2^16 are exact: one subtraction instead of two registers to clear.
template <typename P, int R> struct Totals32 {
  RowSums<R> sums, running;
  int16x8_t before[R];

  LLMC_INLINE_MEMBER void clear() {
    sums.clear();
    running.clear();
    LLMC_UNROLL
    for (int r = 0; r < R; ++r)
      before[r] = vdupq_n_s16(0);
  }
  LLMC_INLINE_MEMBER void add(const uint8_t *w, const int8_t *a, int64_t stride,
                              int64_t, const uint8_t *multipliers) {
    P::nibbles(running, w, a, stride);
    int16x8_t m =
        vmovl_s8(vld1_s8(reinterpret_cast<const int8_t *>(multipliers)));
    LLMC_UNROLL
    for (int r = 0; r < R; ++r) {
      int16x8_t now;
      // As intrinsics LLVM 19 takes the two halves apart again.
      __asm__("shrn %0.4h, %1.4s, #4\n\tshrn2 %0.8h, %2.4s, #4"
              : "=&w"(now)
              : "w"(running.lo[r]), "w"(running.hi[r]));
      int16x8_t s = vsubq_s16(now, before[r]);
      __asm__("" : "+w"(s));
      sums.lo[r] = vmlal_s16(sums.lo[r], vget_low_s16(s), vget_low_s16(m));
      sums.hi[r] = vmlal_high_s16(sums.hi[r], s, m);
      before[r] = now;
    }
  }
};

struct Plain : Dotprod {
  template <int64_t Group, int R>
  using Totals = std::conditional_t<Group == 32, Totals32<Plain, R>,
                                    GroupTotals<Widening, Group, R>>;
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
