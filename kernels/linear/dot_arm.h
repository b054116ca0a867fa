// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The policy of linear_int_arm.h on lane-indexed SDOT; the SVE file takes it
// over but for the multipliers.
#ifndef LLMC_KERNELS_LINEAR_DOT_ARM_H
#define LLMC_KERNELS_LINEAR_DOT_ARM_H

#include "kernels/linear/prefill_lane_arm.h"

namespace {

struct Dotprod {
  static constexpr int kShift = 4, kRows = 8;
  typedef int32x4_t Acc;

  static Acc zero() { return vdupq_n_s32(0); }
  static int32x4_t sum(Acc a) { return a; }
  template <int Lane>
  LLMC_INLINE void dot(Acc &acc, int8x16_t w, int8x16_t a) {
    acc = vdotq_laneq_s32(acc, w, a, Lane);
  }

  // A nibble in the high half of a byte is 16 times itself.
  template <int Lane>
  LLMC_INLINE void quad(Sums &s, const uint8_t *w, int8x16_t lo, int8x16_t hi) {
    uint8x16_t v0 = vld1q_u8(w + 32 * Lane), v1 = vld1q_u8(w + 32 * Lane + 16);
    uint8x16_t mask = vdupq_n_u8(0xf0);
    dot<Lane>(s.lo, vreinterpretq_s8_u8(vshlq_n_u8(v0, 4)), lo);
    dot<Lane>(s.hi, vreinterpretq_s8_u8(vshlq_n_u8(v1, 4)), lo);
    dot<Lane>(s.lo, vreinterpretq_s8_u8(vandq_u8(v0, mask)), hi);
    dot<Lane>(s.hi, vreinterpretq_s8_u8(vandq_u8(v1, mask)), hi);
  }
  LLMC_INLINE void nibbles(Sums &s, const uint8_t *w, const int8_t *a) {
    int8x16_t lo = vld1q_s8(a), hi = vld1q_s8(a + 16);
    quad<0>(s, w, lo, hi);
    quad<1>(s, w, lo, hi);
    quad<2>(s, w, lo, hi);
    quad<3>(s, w, lo, hi);
  }
};

// Multipliers widened by NEON.
struct Widening : Dotprod {
  template <int64_t Group> using Totals = GroupTotals<Widening, Group>;
  template <int64_t Group> static constexpr int shift() { return kShift; }
  LLMC_INLINE void multiply(Sums &total, const Sums &s, const int8_t *r) {
    int16x8_t m = vmovl_s8(vld1_s8(r));
    total.lo = vmlaq_s32(total.lo, s.lo, vmovl_s16(vget_low_s16(m)));
    total.hi = vmlaq_s32(total.hi, s.hi, vmovl_high_s16(m));
  }
};

} // namespace

#endif
