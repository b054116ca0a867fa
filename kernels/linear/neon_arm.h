// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The policy of linear_int_arm.h on armv8.0, which has no dot product: widening
// multiplies into int16, two products at a time (2 * 128 * 127 fits), then
// pairwise additions into int32. Nibbles stay in int16 for 32 k (8 * 127 * 8
// fits).
#ifndef LLMC_KERNELS_LINEAR_NEON_ARM_H
#define LLMC_KERNELS_LINEAR_NEON_ARM_H

#include "kernels/linear/prefill_lane_arm.h"

namespace {

struct Neon {
  static constexpr int kRows = 4;
  // Partial sums [c0 c0 c1 c1], [c2 c2 c3 c3].
  struct Acc {
    int32x4_t a, b;
  };

  static Acc zero() { return {vdupq_n_s32(0), vdupq_n_s32(0)}; }
  static int32x4_t sum(Acc a) { return vpaddq_s32(a.a, a.b); }
  template <int Lane> LLMC_INLINE int8x16_t quad(int8x16_t a) {
    return vreinterpretq_s8_s32(vdupq_laneq_s32(vreinterpretq_s32_s8(a), Lane));
  }
  template <int Lane> LLMC_INLINE void dot(Acc &acc, int8x16_t w, int8x16_t a) {
    int8x16_t x = quad<Lane>(a);
    acc.a = vpadalq_s16(acc.a, vmull_s8(vget_low_s8(w), vget_low_s8(x)));
    acc.b = vpadalq_s16(acc.b, vmull_high_s8(w, x));
  }

  template <int Lane>
  LLMC_INLINE void nibbleQuad(int16x8_t s[4], const uint8_t *w, int8x16_t lo,
                              int8x16_t hi) {
    int8x16_t l = quad<Lane>(lo), h = quad<Lane>(hi);
    LLMC_UNROLL
    for (int i = 0; i < 2; ++i) {
      uint8x16_t v = vld1q_u8(w + 32 * Lane + 16 * i);
      int8x16_t a = lowNibbles(v), b = highNibbles(v);
      s[2 * i] = vmlal_s8(s[2 * i], vget_low_s8(a), vget_low_s8(l));
      s[2 * i + 1] = vmlal_high_s8(s[2 * i + 1], a, l);
      s[2 * i] = vmlal_s8(s[2 * i], vget_low_s8(b), vget_low_s8(h));
      s[2 * i + 1] = vmlal_high_s8(s[2 * i + 1], b, h);
    }
  }
  template <int R>
  LLMC_INLINE void nibbles(RowSums<R> &s, const uint8_t *w, const int8_t *a,
                           int64_t stride) {
    LLMC_UNROLL
    for (int r = 0; r < R; ++r, a += stride) {
      int8x16_t lo = vld1q_s8(a), hi = vld1q_s8(a + 16);
      int16x8_t t[4] = {vdupq_n_s16(0), vdupq_n_s16(0), vdupq_n_s16(0),
                        vdupq_n_s16(0)};
      nibbleQuad<0>(t, w, lo, hi);
      nibbleQuad<1>(t, w, lo, hi);
      nibbleQuad<2>(t, w, lo, hi);
      nibbleQuad<3>(t, w, lo, hi);
      s.lo[r] =
          vaddq_s32(s.lo[r], vpaddq_s32(vpaddlq_s16(t[0]), vpaddlq_s16(t[1])));
      s.hi[r] =
          vaddq_s32(s.hi[r], vpaddq_s32(vpaddlq_s16(t[2]), vpaddlq_s16(t[3])));
    }
  }
  template <int64_t Group, int R> using Totals = GroupTotals<Neon, Group, R>;
  template <int64_t Group> static constexpr int shift() { return 0; }
  template <int R>
  LLMC_INLINE void multiply(RowSums<R> &total, const RowSums<R> &s,
                            const int8_t *m) {
    multiplyBy(total, s, m);
  }
};

} // namespace

#endif
