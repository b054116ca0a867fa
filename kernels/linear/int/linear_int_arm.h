// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The integer linears of Arm, written once over a policy P (one file an ISA):
//   P::nibbles         adds the dots of 32 k of an int4 panel (128 bytes) with
//                      32 activations of R rows to the sums of channels 0-3
//                      and 4-7
//   P::Totals<Group, R>  sums of groups times their multipliers: GroupTotals on
//                      P::multiply, or its own
//   P::shift<Group>    the totals come out times 2^shift
//   P::Acc, P::zero, P::dot, P::sum
//                      an accumulator of 4 channels; 4 channels x 4 k (16
//                      bytes) times quad `lane` of 16 activations
// Sums and their order are those of linear_int_ref.cpp, so the bits are too.
#ifndef LLMC_KERNELS_LINEAR_INT_LINEAR_INT_ARM_H
#define LLMC_KERNELS_LINEAR_INT_LINEAR_INT_ARM_H

#include "kernels/layouts/lhs_q8.h"
#include "kernels/layouts/panels.h"
#include "kernels/linear/linear.h"
#include "kernels/vectors.h"
#include <arm_neon.h>

#define LLMC_INLINE_MEMBER inline __attribute__((always_inline))

namespace { // every file has its own: no code is shared between ISAs

// Integer sums of R rows.
template <int R> struct RowSums {
  int32x4_t lo[R], hi[R]; // channels 0-3, 4-7

  LLMC_INLINE_MEMBER void clear() {
    LLMC_UNROLL
    for (int r = 0; r < R; ++r)
      lo[r] = hi[r] = vdupq_n_s32(0);
  }
};

LLMC_INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

// The first `count` < 8 channels of a last panel.
static inline __attribute__((noinline)) void
storePartial(float *out, float32x4_t lo, float32x4_t hi, const float *bias,
             int64_t count) {
  float v[LLMC_NR];
  vst1q_f32(v, lo);
  vst1q_f32(v + 4, hi);
  for (int64_t c = 0; c < count; ++c)
    out[c] = bias ? v[c] + bias[c] : v[c];
}

// Stores channels [first, end) of a panel from their values.
LLMC_INLINE void storeValues(const llmc_linear_args *a, int64_t row,
                             int64_t first, int64_t end, float32x4_t lo,
                             float32x4_t hi) {
  const float *bias = a->bias ? a->bias + first : nullptr;
  float *out = a->out + row * a->out_stride + first;
  if (first + LLMC_NR > end) {
    storePartial(out, lo, hi, bias, end - first);
    return;
  }
  if (bias) {
    lo = vaddq_f32(lo, vld1q_f32(bias));
    hi = vaddq_f32(hi, vld1q_f32(bias + 4));
  }
  vst1q_f32(out, lo);
  vst1q_f32(out + 4, hi);
}

// The same from accumulators that want their channel's scale.
LLMC_INLINE void storePanel(const llmc_linear_args *a, int64_t row,
                            int64_t first, int64_t end, float32x4_t lo,
                            float32x4_t hi, const void *scales) {
  const float *s = static_cast<const float *>(scales);
  storeValues(a, row, first, end, vmulq_f32(lo, vld1q_f32(s)),
              vmulq_f32(hi, vld1q_f32(s + 4)));
}

// Two's complement nibbles of 16 bytes as int8.
LLMC_INLINE int8x16_t lowNibbles(uint8x16_t v) {
  return vshrq_n_s8(vreinterpretq_s8_u8(vshlq_n_u8(v, 4)), 4);
}
LLMC_INLINE int8x16_t highNibbles(uint8x16_t v) {
  return vshrq_n_s8(vreinterpretq_s8_u8(v), 4);
}

// total + s times the multipliers of channels 0-3 and 4-7, or the 8 at m.
template <int R>
LLMC_INLINE void multiplyBy(RowSums<R> &total, const RowSums<R> &s,
                            int32x4_t lo, int32x4_t hi) {
  LLMC_UNROLL
  for (int r = 0; r < R; ++r) {
    total.lo[r] = vmlaq_s32(total.lo[r], s.lo[r], lo);
    total.hi[r] = vmlaq_s32(total.hi[r], s.hi[r], hi);
  }
}
template <int R>
LLMC_INLINE void multiplyBy(RowSums<R> &total, const RowSums<R> &s,
                            const int8_t *m) {
  int16x8_t wide = vmovl_s8(vld1_s8(m));
  multiplyBy(total, s, vmovl_s16(vget_low_s16(wide)), vmovl_high_s16(wide));
}

// Sums of groups of an int4 panel, each times its multipliers.
template <typename P, int64_t Group, int R> struct GroupTotals {
  RowSums<R> sums;

  LLMC_INLINE_MEMBER void clear() { sums.clear(); }
  // One group of `span` <= Group k: weights, activations of rows `stride`
  // apart, multipliers.
  LLMC_INLINE_MEMBER void add(const uint8_t *w, const int8_t *a, int64_t stride,
                              int64_t span, const uint8_t *r) {
    RowSums<R> s;
    s.clear();
    for (int64_t j = 0; j < span; j += 32)
      P::nibbles(s, w + j / 2 * LLMC_NR, a + j, stride);
    P::multiply(sums, s, reinterpret_cast<const int8_t *>(r));
  }
};

struct Int8Panel {
  static int64_t bytes(int64_t k) { return llmc_i8_panel_bytes(k); }
  static int64_t scales(int64_t k) { return llmc_i8_scales(k); }

  // Integer sums of R rows over the `span` k from k on, times 2^shift.
  template <typename P, int R>
  LLMC_INLINE RowSums<R> dot(const uint8_t *panel, const int8_t *a,
                             int64_t stride, int64_t k, int64_t span) {
    const int8_t *w = reinterpret_cast<const int8_t *>(panel) + k * LLMC_NR;
    typename P::Acc s0[R][2], s1[R][2];
    LLMC_UNROLL
    for (int r = 0; r < R; ++r)
      s0[r][0] = s0[r][1] = s1[r][0] = s1[r][1] = P::zero();
    for (int64_t i = 0; i < span; i += 16, w += 16 * LLMC_NR)
      LLMC_UNROLL
    for (int r = 0; r < R; ++r) {
      int8x16_t x = vld1q_s8(a + r * stride + k + i);
      P::template dot<0>(s0[r][0], vld1q_s8(w), x);
      P::template dot<0>(s1[r][0], vld1q_s8(w + 16), x);
      P::template dot<1>(s0[r][1], vld1q_s8(w + 32), x);
      P::template dot<1>(s1[r][1], vld1q_s8(w + 48), x);
      P::template dot<2>(s0[r][0], vld1q_s8(w + 64), x);
      P::template dot<2>(s1[r][0], vld1q_s8(w + 80), x);
      P::template dot<3>(s0[r][1], vld1q_s8(w + 96), x);
      P::template dot<3>(s1[r][1], vld1q_s8(w + 112), x);
    }
    RowSums<R> sums;
    LLMC_UNROLL
    for (int r = 0; r < R; ++r) {
      sums.lo[r] = vaddq_s32(P::sum(s0[r][0]), P::sum(s0[r][1]));
      sums.hi[r] = vaddq_s32(P::sum(s1[r][0]), P::sum(s1[r][1]));
    }
    return sums;
  }
  template <typename P> static constexpr int shift() { return 0; }
};

template <int64_t Group> struct Int4Panel {
  static int64_t bytes(int64_t k) { return llmc_i4_panel_bytes(k, Group); }
  static int64_t scales(int64_t k) { return llmc_i4_scales(k, Group); }

  template <typename P, int R>
  LLMC_INLINE RowSums<R> dot(const uint8_t *panel, const int8_t *a,
                             int64_t stride, int64_t k, int64_t span) {
    const uint8_t *r = panel + k / LLMC_SUPERBLOCK * llmc_i4_block_bytes(Group);
    const uint8_t *w = r + llmc_i4_multipliers(span, Group);
    typename P::template Totals<Group, R> totals;
    totals.clear();
    if (span == LLMC_SUPERBLOCK) {
      LLMC_UNROLL
      for (int64_t i = 0; i < LLMC_SUPERBLOCK; i += Group)
        totals.add(w + i / 2 * LLMC_NR, a + k + i, stride, Group,
                   r + i / Group * LLMC_NR);
      return totals.sums;
    }
    for (int64_t i = 0; i < span; i += Group)
      totals.add(w + i / 2 * LLMC_NR, a + k + i, stride, least(Group, span - i),
                 r + i / Group * LLMC_NR);
    return totals.sums;
  }
  template <typename P> static constexpr int shift() {
    return P::template shift<Group>();
  }
};

} // namespace

// sum / 2^shift * scale + acc; the quotient is exact.
template <int Shift>
LLMC_INLINE float32x4_t scaleSum(float32x4_t acc, int32x4_t sum, float scale) {
  float32x4_t f;
  if constexpr (Shift == 0)
    f = vcvtq_f32_s32(sum);
  else
    f = vcvtq_n_f32_s32(sum, Shift);
  return vfmaq_n_f32(acc, f, scale);
}

// acc + the sums of R rows over `span` k from k on; scales: of the rows.
template <typename P, typename Panel, int R>
LLMC_INLINE void addRows(float32x4_t acc[R][2], const uint8_t *panel,
                         const int8_t *lhs, int64_t stride, int64_t k,
                         int64_t span, const int8_t *scales) {
  constexpr int shift = Panel::template shift<P>();
  RowSums<R> s = Panel::template dot<P, R>(panel, lhs, stride, k, span);
  LLMC_UNROLL
  for (int r = 0; r < R; ++r) {
    float scale =
        loadAs<float>(scales + r * stride + k / LLMC_Q8_BLOCK * sizeof(float));
    acc[r][0] = scaleSum<shift>(acc[r][0], s.lo[r], scale);
    acc[r][1] = scaleSum<shift>(acc[r][1], s.hi[r], scale);
  }
}

// R rows from `row` on, from packed panels.
template <typename P, typename Panel, int R>
LLMC_INLINE void decodeRows(const llmc_linear_args *args, int64_t row,
                            int64_t begin, int64_t end) {
  const llmc_linear_args a = *args; // nobody else writes to the copy
  int64_t kp = llmc_q8_k(a.k), whole = kp / LLMC_Q8_BLOCK * LLMC_Q8_BLOCK;
  int64_t stride = llmc_q8_stride(a.k, 1), bytes = Panel::bytes(a.k);
  const int8_t *lhs = static_cast<const int8_t *>(a.lhs) + row * stride;
  const uint8_t *panel =
      static_cast<const uint8_t *>(a.rhs) + begin / LLMC_NR * bytes;
  for (int64_t n = begin; n < end; n += LLMC_NR, panel += bytes) {
    float32x4_t acc[R][2];
    LLMC_UNROLL
    for (int r = 0; r < R; ++r)
      acc[r][0] = acc[r][1] = vdupq_n_f32(0);
    for (int64_t k = 0; k < whole; k += LLMC_Q8_BLOCK)
      addRows<P, Panel, R>(acc, panel, lhs, stride, k, LLMC_Q8_BLOCK, lhs + kp);
    if (whole < kp)
      addRows<P, Panel, R>(acc, panel, lhs, stride, whole, kp - whole,
                           lhs + kp);
    LLMC_UNROLL
    for (int r = 0; r < R; ++r)
      storePanel(&a, row + r, n, end, acc[r][0], acc[r][1],
                 panel + Panel::scales(a.k));
  }
}

template <typename P, typename Panel>
static inline void decode(const void *args, int64_t begin, int64_t end) {
  decodeRows<P, Panel, 1>(static_cast<const llmc_linear_args *>(args), 0, begin,
                          end);
}

// Defines the kernels of all integer layouts: DECLARE(layout, Panel).
#define LLMC_INT_LAYOUTS(DECLARE)                                              \
  DECLARE(i8_n8, Int8Panel)                                                    \
  DECLARE(i4_n8_g32, Int4Panel<32>)                                            \
  DECLARE(i4_n8_g64, Int4Panel<64>)                                            \
  DECLARE(i4_n8_g128, Int4Panel<128>)

#endif
