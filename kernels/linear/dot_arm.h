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
  template <int Lane> LLMC_INLINE void dot(Acc &acc, int8x16_t w, int8x16_t a) {
    acc = vdotq_laneq_s32(acc, w, a, Lane);
  }

  // A nibble in the high half of a byte is 16 times itself.
  template <int Lane, int R>
  LLMC_INLINE void quad(RowSums<R> &s, const uint8_t *w, const int8x16_t lo[R],
                        const int8x16_t hi[R]) {
    uint8x16_t v0 = vld1q_u8(w + 32 * Lane), v1 = vld1q_u8(w + 32 * Lane + 16);
    uint8x16_t mask = vdupq_n_u8(0xf0);
    int8x16_t low0 = vreinterpretq_s8_u8(vshlq_n_u8(v0, 4)),
              low1 = vreinterpretq_s8_u8(vshlq_n_u8(v1, 4)),
              high0 = vreinterpretq_s8_u8(vandq_u8(v0, mask)),
              high1 = vreinterpretq_s8_u8(vandq_u8(v1, mask));
    LLMC_UNROLL
    for (int r = 0; r < R; ++r) {
      dot<Lane>(s.lo[r], low0, lo[r]);
      dot<Lane>(s.hi[r], low1, lo[r]);
      dot<Lane>(s.lo[r], high0, hi[r]);
      dot<Lane>(s.hi[r], high1, hi[r]);
    }
  }
  template <int R>
  LLMC_INLINE void nibbles(RowSums<R> &s, const uint8_t *w, const int8_t *a,
                           int64_t stride) {
    int8x16_t lo[R], hi[R];
    LLMC_UNROLL
    for (int r = 0; r < R; ++r) {
      lo[r] = vld1q_s8(a + r * stride);
      hi[r] = vld1q_s8(a + r * stride + 16);
    }
    quad<0>(s, w, lo, hi);
    quad<1>(s, w, lo, hi);
    quad<2>(s, w, lo, hi);
    quad<3>(s, w, lo, hi);
  }
};

// Multipliers widened by NEON.
struct Widening : Dotprod {
  template <int64_t Group, int R>
  using Totals = GroupTotals<Widening, Group, R>;
  template <int64_t Group> static constexpr int shift() { return kShift; }
  template <int R>
  LLMC_INLINE void multiply(RowSums<R> &total, const RowSums<R> &s,
                            const int8_t *m) {
    multiplyBy(total, s, m);
  }
};

} // namespace

#endif
